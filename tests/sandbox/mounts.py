"""The file system as a unit sees it (ProtectSystem= and the like, systemd.exec(5)): mounts of its own."""

import ctypes
import os

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWNET = 0x20000, 0x4000000, 0x8000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_SLAVE = 32, 4096, 16384, 1 << 19

# Where all that is brought along is kept.
STAGE = "/srv"


def check(result, what):
    if result != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"{what}: {os.strerror(errno)}")


def mount(source, target, kind=None, flags=0, data=None):
    encoded = [None if text is None else text.encode() for text in (source, target, kind)]
    data = None if data is None else data.encode()
    check(LIBC.mount(*encoded, flags, data), f"mount {source} on {target}")


def mounted():
    """Mount points with the flags that a remount has to repeat, those inside others last."""
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        rows = [line.split(" ") for line in table.read().splitlines()]
    known = {"nosuid": MS_NOSUID, "nodev": MS_NODEV, "noexec": MS_NOEXEC, "ro": MS_RDONLY}
    return {row[4]: sum(known.get(option, 0) for option in row[5].split(",")) for row in rows}


def below(path, tops):
    return any(path == top or path.startswith(top.rstrip("/") + "/") for top in tops)


def paths(unit, name):
    """Paths of a setting that are there; a leading hyphen says that they need not be."""
    named = " ".join(unit.get(name, [])).split()
    return [path.lstrip("-") for path in named if os.path.exists(path.lstrip("-"))]


def bring(asked, uid):
    """What the program consists of, and the directories that it writes to."""
    mount("tmpfs", STAGE, "tmpfs", 0, "mode=755")
    os.mkdir(f"{STAGE}/old-run")
    mount("/run", f"{STAGE}/old-run", None, MS_BIND | MS_REC)
    mount("tmpfs", "/run", "tmpfs", 0, "mode=755")
    if os.path.isdir(f"{STAGE}/old-run/netns"):
        os.mkdir("/run/netns")
        mount(f"{STAGE}/old-run/netns", "/run/netns", None, MS_BIND | MS_REC)
    for source, target in asked.get("readable", {}).items():
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.isdir(source):
            os.mkdir(target)
        else:
            open(target, "wb").close()
        mount(source, target, None, MS_BIND | MS_REC)
    for target, source in asked.get("writable", {}).items():
        os.makedirs(f"{STAGE}/writable{target}")
        mount(source, f"{STAGE}/writable{target}", None, MS_BIND)
        os.chown(f"{STAGE}/writable{target}", uid, uid)
        top = os.path.dirname(target)
        if not os.path.exists(target):
            mount("tmpfs", top, "tmpfs", 0, "mode=755")
            os.mkdir(target)
        mount(f"{STAGE}/writable{target}", target, None, MS_BIND)


def mount_like(unit, asked, uid, program):
    """Enters namespaces of its own, and mounts there what the unit asks for."""
    yes = {name for name, values in unit.items() if values[-1] in ("yes", "strict")}
    flags = CLONE_NEWNS
    flags |= CLONE_NEWUTS if "ProtectHostname" in yes else 0
    flags |= CLONE_NEWIPC if "PrivateIPC" in yes else 0
    flags |= CLONE_NEWNET if "PrivateNetwork" in yes else 0
    check(LIBC.unshare(flags), "unshare")
    mount(None, "/", None, MS_REC | MS_SLAVE)
    bring(asked, uid)
    for binding in unit.get("BindReadOnlyPaths", []):
        source, target = binding.split(":")
        os.makedirs(target)
        mount(source, target, None, MS_BIND | MS_REC)
        for point, old in mounted().items():
            if below(point, [target]):
                mount(None, point, None, MS_REMOUNT | MS_BIND | MS_RDONLY | old)
    if "PrivateTmp" in yes:
        for path in ("/tmp", "/var/tmp"):
            mount("tmpfs", path, "tmpfs", 0, "mode=1777")
    if "ProtectHome" in yes:
        for path in ("/home", "/root"):
            mount("tmpfs", path, "tmpfs", 0, "mode=000")
    hide(unit)
    restrict(unit, asked, yes, program)


def hide(unit):
    options = []
    if unit.get("ProtectProc", ["default"])[-1] == "invisible":
        options.append("hidepid=invisible")
    if unit.get("ProcSubset", ["all"])[-1] == "pid":
        options.append("subset=pid")
    if options:
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, ",".join(options))


def restrict(unit, asked, yes, program):
    """Makes read-only, and not executable, what the unit does not except."""
    writable = [*paths(unit, "ReadWritePaths"), *asked.get("writable", {})]
    executable = [*paths(unit, "ExecPaths"), program]
    read_only = paths(unit, "ReadOnlyPaths")
    if "ProtectKernelTunables" in yes:
        read_only += ["/sys", "/proc/sys"] if os.path.exists("/proc/sys") else ["/sys"]
    no_exec = paths(unit, "NoExecPaths")
    exceptions = [os.path.realpath(path) for path in (writable + (executable if no_exec else []))]
    for path in {*exceptions, *read_only} - set(mounted()):
        mount(path, path, None, MS_BIND | MS_REC)
    free = ["/proc", "/sys", "/dev", "/tmp", "/var/tmp"]
    for point, old in mounted().items():
        flags = old
        is_strict = "ProtectSystem" in yes and not below(point, free)
        if (is_strict or below(point, read_only)) and not below(point, writable):
            flags |= MS_RDONLY
        if no_exec and not below(point, [os.path.realpath(path) for path in executable]):
            flags |= MS_NOEXEC
        try:
            if flags != old:
                mount(None, point, None, MS_REMOUNT | MS_BIND | flags)
        except OSError:
            # What another mount hides cannot be reached by its path, here nor by the program.
            if os.path.ismount(point):
                raise
