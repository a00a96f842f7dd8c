"""Makes connections from many processes that end at once, and prints what is true of each.

Usage: ground_truth.py SECTION COUNT [ADDRESS]

One JSON object a line: kind, pid, executable, argv, protocol, localPort (0 where there is none),
remote (address and port) and outcome. Everything stays on ADDRESS, an address of this host.
"""
import ipaddress
import json
import os
import socket
import subprocess
import sys
import threading

SECTION, COUNT = sys.argv[1], int(sys.argv[2])
ADDRESS = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"
FAMILY = socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET
BASH = os.path.realpath("/bin/bash")
SELF = {"executable": os.path.realpath("/proc/self/exe"), "argv": open("/proc/self/cmdline").read().split("\0")[:-1]}


def tell(**truth):
    print(json.dumps(truth), flush=True)


def child(work):
    """Forks; the child works and is gone at once. Returns its pid and what work gave."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            result = work()
            os.write(writing, json.dumps(result).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        result = json.loads(pipe.read())
    os.waitpid(pid, 0)
    return pid, result


def connect(port):
    stream = socket.socket(FAMILY, socket.SOCK_STREAM)
    stream.connect((ADDRESS, port))
    return stream.getsockname()[1]


def attempt(address, port):
    """A connect that fails: its errno."""
    stream = socket.socket(FAMILY, socket.SOCK_STREAM)
    return stream.connect_ex((address, port))


def send(port):
    sender = socket.socket(FAMILY, socket.SOCK_DGRAM)
    sender.sendto(b"x", (ADDRESS, port))
    return sender.getsockname()[1]


def ping(address):
    number = socket.IPPROTO_ICMPV6 if FAMILY == socket.AF_INET6 else socket.IPPROTO_ICMP
    raw = socket.socket(FAMILY, socket.SOCK_RAW, number)
    echo = 128 if FAMILY == socket.AF_INET6 else 8
    body = bytes([echo, 0, 0, 0, 0, 1, 0, 1])
    total = sum(int.from_bytes(body[i:i + 2], "big") for i in range(0, 8, 2))
    total = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    raw.sendto(body[:2] + total.to_bytes(2, "big") + body[4:], (address, 0))
    return 0


def forked(kind, protocol, port, work):
    pid, local = child(lambda: work(port))
    outcome = "established" if protocol == "tcp" else "unknown"
    tell(kind=kind, pid=pid, protocol=protocol, localPort=local, remote=[ADDRESS, port], outcome=outcome, **SELF)


def chained(kind, index, command):
    """A shell in a fork runs a bash that connects; both are gone at once."""
    script = f"exec 3<>/dev/{kind}/{ADDRESS}/{command}; echo {index} $$ >&3"
    name = f"chain-{SECTION}-{index}"
    argv = ["/bin/bash", "--norc", "-c", script, name]
    # The first shell stays, so it has to fork for the second one.
    subprocess.run(["/bin/sh", "-c", '"$@"; :', "sh", *argv], check=True)
    return argv


def tcp():
    server = socket.create_server((ADDRESS, 0), family=FAMILY, backlog=COUNT)
    port = server.getsockname()[1]
    chains = {}
    for index in range(COUNT):
        if index % 2 == 0:
            forked("fork", "tcp", port, connect)
        else:
            chains[index] = chained("tcp", index, port)
    for _ in range(COUNT):
        stream, peer = server.accept()
        text = stream.makefile().readline().split()
        if not text:
            continue
        tell(kind="chain", pid=int(text[1]), protocol="tcp", localPort=peer[1], remote=[ADDRESS, port],
             outcome="established", executable=BASH, argv=chains[int(text[0])])


def udp():
    server = socket.socket(FAMILY, socket.SOCK_DGRAM)
    server.bind((ADDRESS, 0))
    port = server.getsockname()[1]
    for index in range(COUNT):
        if index % 2 == 0:
            forked("fork", "udp", port, send)
            server.recvfrom(100)
        else:
            argv = chained("udp", index, port)
            text, peer = server.recvfrom(100)
            tell(kind="chain", pid=int(text.split()[1]), protocol="udp", localPort=peer[1],
                 remote=[ADDRESS, port], outcome="unknown", executable=BASH, argv=argv)


def icmp():
    """Each to an address of its own, for there are no ports to tell them apart."""
    protocol = "ipv6-icmp" if FAMILY == socket.AF_INET6 else "icmp"
    first = ipaddress.ip_address(ADDRESS)
    for index in range(COUNT):
        address = str(first + index) if FAMILY == socket.AF_INET else ADDRESS
        pid, _ = child(lambda: ping(address))
        tell(kind="fork", pid=pid, protocol=protocol, localPort=0, remote=[address, 0], outcome="unknown", **SELF)


def threads():
    server = socket.create_server((ADDRESS, 0), family=FAMILY, backlog=COUNT)
    port = server.getsockname()[1]

    def work():
        tell(kind="thread", pid=os.getpid(), protocol="tcp", localPort=connect(port), remote=[ADDRESS, port],
             outcome="established", **SELF)

    for _ in range(COUNT):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()


def refused():
    closed = socket.create_server((ADDRESS, 0), family=FAMILY)
    port = closed.getsockname()[1]
    closed.close()
    for _ in range(COUNT):
        pid, _ = child(lambda: attempt(ADDRESS, port))
        tell(kind="fork", pid=pid, protocol="tcp", localPort=0, remote=[ADDRESS, port], outcome="refused", **SELF)


def unreachable():
    """ADDRESS is one that nothing leads to: in a network namespace without routes."""
    for _ in range(COUNT):
        pid, _ = child(lambda: attempt(ADDRESS, 443))
        tell(kind="fork", pid=pid, protocol="tcp", localPort=0, remote=[ADDRESS, 443], outcome="unreachable", **SELF)


{"tcp": tcp, "udp": udp, "icmp": icmp, "threads": threads, "refused": refused, "unreachable": unreachable}[SECTION]()
