"""Makes sockets as it is told: reads one JSON command a line, answers with one JSON line each.

It ends with its standard input. Sockets have names, so that later commands can refer to them.
Forked children wait until they are told to go, or until their parent ends.
"""
import ctypes
import json
import os
import signal
import socket
import struct
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NAME = 1, 4, 15
CLONE_NEWNET = 0x40000000
LINGER_NONE = struct.pack("ii", 1, 0)
TIMEOUT = 60

sockets = {}
children = {}
home = os.open("/proc/self/ns/net", os.O_RDONLY)


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def ends(sock):
    """Where the two ends are, and the inode that the kernel knows the socket by."""
    answer = {"pid": os.getpid(), "inode": os.fstat(sock.fileno()).st_ino}
    for key, ask in (("local", sock.getsockname), ("remote", sock.getpeername)):
        try:
            answer[key] = list(ask()[:2])
        except OSError:
            pass
    return answer


def keep(name, sock):
    sockets[name] = sock
    return ends(sock)


def listen(name, address="127.0.0.1", port=0, dual=False, reuse=False, backlog=16):
    sock = socket.socket(family_of(address), socket.SOCK_STREAM)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if dual else 1)
    if reuse:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind((address, port))
    sock.listen(backlog)
    return keep(name, sock)


def bind_tcp(name, address="127.0.0.1", port=0):
    """A socket that nobody sees until a child listens on it."""
    sock = socket.socket(family_of(address), socket.SOCK_STREAM)
    sock.bind((address, port))
    return keep(name, sock)


def bind_udp(name, address="127.0.0.1", port=0):
    sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
    sock.bind((address, port))
    return keep(name, sock)


def connect(name, address, port, udp=False, wait=True):
    sock = socket.socket(family_of(address), socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
    sock.settimeout(TIMEOUT)
    if not wait:
        sock.setblocking(False)
    try:
        sock.connect((address, port))
    except BlockingIOError:
        pass
    return keep(name, sock)


def accept(name, listener):
    sockets[listener].settimeout(TIMEOUT)
    return keep(name, sockets[listener].accept()[0])


def close(name, reset=False):
    sock = sockets.pop(name)
    if reset:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
    sock.close()
    return {}


def raw(name, address="127.0.0.1", protocol=1):
    sock = socket.socket(family_of(address), socket.SOCK_RAW, protocol)
    sock.bind((address, 0))
    return keep(name, sock)


def ping(name, address="127.0.0.1"):
    """An ICMP echo socket that needs no privilege; root's group is let in, in this namespace only."""
    with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as file:
        file.write("0 0")
    family = family_of(address)
    protocol = socket.getprotobyname("icmp" if family == socket.AF_INET else "ipv6-icmp")
    sock = socket.socket(family, socket.SOCK_DGRAM, protocol)
    sock.bind((address, 0))
    return keep(name, sock)


def many(prefix, listener, count):
    """So many connections to a listener of this process, both ends kept."""
    address = sockets[listener].getsockname()
    ports = []
    for index in range(count):
        client = socket.create_connection(address[:2], timeout=TIMEOUT)
        server = sockets[listener].accept()[0]
        sockets[f"{prefix}{index}"], sockets[f"{prefix}{index}-server"] = client, server
        ports.append(client.getsockname()[1])
    return {"ports": ports}


def reset_many(prefix):
    """Ends all connections of that prefix without leaving anything in TIME_WAIT."""
    for name in [name for name in sockets if name.startswith(prefix)]:
        close(name, reset=True)
    return {}


def next_pid(pid):
    """Makes that process id the next one of this pid namespace, unless it is taken meanwhile."""
    with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as file:
        file.write(str(pid - 1))


def fork(child, handover=(), listening=(), pid=None):
    """A child with copies of all sockets, some of which it alone keeps. With `pid`: with that one.

    On those of `listening` it listens once it alone has them.
    """
    for _ in range(100):
        if pid is not None:
            next_pid(pid)
        number, pipe, ready = fork_waiting(listening)
        if pid in (None, number):
            break
        os.close(pipe)
        os.close(ready)
        os.waitpid(number, 0)
        time.sleep(0.02)
    else:
        raise OSError(f"process id {pid} is not to be had")
    for name in (*handover, *listening):
        sockets.pop(name).close()
    os.write(pipe, b"1")
    os.read(ready, 1)
    os.close(ready)
    children[child] = (number, pipe)
    return {"pid": number}


def fork_waiting(listening):
    """A child that listens after a byte from a pipe, says so, and waits for the pipe's end.

    Returns its process id, the pipe, and the one by which it says so.
    """
    from_parent, to_child = os.pipe()
    ready, tell = os.pipe()
    number = os.fork()
    if number == 0:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.close(to_child)
        os.close(ready)
        if os.read(from_parent, 1):
            for name in listening:
                sockets[name].listen()
            os.write(tell, b"1")
            os.read(from_parent, 1)
        os._exit(0)
    os.close(from_parent)
    os.close(tell)
    return number, to_child, ready


def end_child(child):
    number, pipe = children.pop(child)
    os.close(pipe)
    os.waitpid(number, 0)
    return {}


def set_name(name):
    LIBC.prctl(PR_SET_NAME, name.encode())
    return {}


def set_uid(uid):
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    # As after execve: else the kernel gives the process's files below /proc to root (PR_SET_DUMPABLE).
    LIBC.prctl(PR_SET_DUMPABLE, 1)
    return {}


def enter(path=None):
    """Goes into another network namespace, or back home; sockets stay where they were made."""
    file = home if path is None else os.open(path, os.O_RDONLY)
    if LIBC.setns(file, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    if file != home:
        os.close(file)
    return {}


COMMANDS = (
    listen, bind_tcp, bind_udp, connect, accept, close, raw, ping, many, reset_many,
    fork, end_child, set_name, set_uid, enter,
)


def main():
    commands = {command.__name__: command for command in COMMANDS}
    print(json.dumps({"pid": os.getpid()}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = commands[command.pop("do")](**command)
        except OSError as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
