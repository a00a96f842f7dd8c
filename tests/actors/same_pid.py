"""Two programs that have the same process id, one after the other, and make one connection each.

Usage: same_pid.py

Prints one JSON object: pid, server (address and port), and names, which stand last in their argv. The
kernel gives out ids in turn, so the one before is written to /proc/sys/kernel/ns_last_pid.
"""
import json
import os
import socket
import sys

NAMES = ["the first", "the second"]
CLIENT = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1]))).close()"
TRIES = 200


def forked(wanted):
    """The process id of a child that has waited for a line to start, or None where it is another one."""
    with open("/proc/sys/kernel/ns_last_pid", "w") as last:
        last.write(str(wanted - 1))
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writing)
        if os.read(reading, 1) != b"x":
            os._exit(0)
        os.execv(sys.executable, argv(forked.name))
    os.close(reading)
    if pid == wanted:
        os.write(writing, b"x")
    os.close(writing)
    _, status = os.waitpid(pid, 0)
    assert status == 0, status
    return pid == wanted


def argv(name):
    return [sys.executable, "-I", "-S", "-c", CLIENT, str(port), name]


listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
free = os.fork()
if free == 0:
    os._exit(0)
os.waitpid(free, 0)
for name in NAMES:
    forked.name = name
    # Somebody else may have taken it.
    assert any(forked(free) for _ in range(TRIES)), "the process id is not free"
    listener.accept()[0].close()
print(json.dumps({"pid": free, "server": ["127.0.0.1", port], "first": 0, "count": 2, "names": NAMES}), flush=True)
sys.stdin.read()
