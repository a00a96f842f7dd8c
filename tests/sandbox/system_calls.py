"""SystemCallFilter= and Restrict*= as seccomp filters, by libseccomp; groups are those of systemd-analyze."""

import ctypes
import errno
import socket
import subprocess

ALLOW = 0x7FFF0000
NE, LE, EQ, GE, MASKED_EQ = 1, 3, 4, 5, 7
ATTRIBUTE_SYNC = 4
NAMESPACES = {
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
    "mnt": 0x00020000,
}
PROT_WRITE, PROT_EXEC = 2, 4
REAL_TIME = (1, 2, 6)


class Argument(ctypes.Structure):
    _fields_ = [
        ("index", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    ]


class Filter:
    """A filter that does one thing unless a rule says another."""

    def __init__(self, library, default):
        self.library = library
        self.context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(default)))

    def add(self, action, call, *arguments):
        number = self.library.seccomp_syscall_resolve_name(call.encode())
        if number < 0:
            return
        array = (Argument * len(arguments))(*arguments)
        result = self.library.seccomp_rule_add_array(
            self.context, ctypes.c_uint32(action), number, len(arguments), array
        )
        if result not in (0, -errno.EEXIST):
            raise OSError(-result, f"filter {call}")

    def load(self):
        result = self.library.seccomp_load(self.context)
        if result != 0:
            raise OSError(-result, "load a filter")


def refused(number):
    return 0x00050000 | number


def expand(names):
    """System calls of a list of names and groups."""
    calls = set()
    for name in names:
        if not name.startswith("@"):
            calls.add(name)
            continue
        run = ["systemd-analyze", "syscall-filter", name]
        text = subprocess.run(run, check=True, capture_output=True, text=True).stdout
        lines = [line.strip() for line in text.splitlines()[1:]]
        calls |= expand([line for line in lines if line and not line.startswith("#")])
    return calls


def filter_like(unit):
    """Prepares the filters; what is returned loads them."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    filters = []

    def restrict(setting):
        if setting in unit:
            filters.append(Filter(library, ALLOW))
            return filters[-1], " ".join(unit[setting]).split()
        return None, []

    limited, families = restrict("RestrictAddressFamilies")
    if limited:
        allowed = [getattr(socket, name) for name in families if name != "none"]
        for family in range(64):
            if family not in allowed:
                limited.add(refused(errno.EAFNOSUPPORT), "socket", Argument(0, EQ, family))
    limited, namespaces = restrict("RestrictNamespaces")
    if limited:
        eperm = refused(errno.EPERM)
        limited.add(refused(errno.ENOSYS), "clone3")
        limited.add(eperm, "setns", Argument(1, EQ, 0))
        for name, flag in NAMESPACES.items():
            if name not in namespaces:
                limited.add(eperm, "unshare", Argument(0, MASKED_EQ, flag, flag))
                limited.add(eperm, "clone", Argument(0, MASKED_EQ, flag, flag))
                limited.add(eperm, "setns", Argument(1, MASKED_EQ, flag, flag))
    limited, value = restrict("RestrictRealtime")
    if limited and value == ["yes"]:
        for policy in REAL_TIME:
            limited.add(refused(errno.EPERM), "sched_setscheduler", Argument(1, EQ, policy))
    limited, value = restrict("MemoryDenyWriteExecute")
    if limited and value == ["yes"]:
        both = PROT_WRITE | PROT_EXEC
        limited.add(refused(errno.EPERM), "mmap", Argument(2, MASKED_EQ, both, both))
        for call in ("mprotect", "pkey_mprotect"):
            limited.add(refused(errno.EPERM), call, Argument(2, MASKED_EQ, PROT_EXEC, PROT_EXEC))
    if "SystemCallFilter" in unit:
        calls = set()
        for line in unit["SystemCallFilter"]:
            if line.startswith("~"):
                calls -= expand(line[1:].split())
            else:
                calls |= expand(line.split())
        only = Filter(library, refused(errno.EPERM))
        # What the program is started with, here as with systemd.
        for call in {*calls, "execve", "exit_group", "seccomp", "prctl"}:
            only.add(ALLOW, call)
        filters.append(only)
    return lambda: [each.load() for each in filters]
