"""load.py SOCKETS PROCESSES: holds that many TCP sockets, evenly spread, until stdin ends.

Each process listens on a loopback address and connects to itself, so every connection is two sockets.
Prints "ready" once all are open.
"""

import os
import signal
import socket
import struct
import sys


def hold(count: int, index: int) -> list[socket.socket]:
    listener = socket.socket()
    listener.bind((f"127.0.{1 + index // 250}.{1 + index % 250}", 0))
    listener.listen(1024)
    held = [listener]
    while len(held) + 1 < count:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        for end in (client, server):
            # Resets at the end: sockets in TIME_WAIT would be counted in the next round.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        held += [client, server]
    return held


def main() -> None:
    sockets, processes = int(sys.argv[1]), int(sys.argv[2])
    ready_read, ready_write = os.pipe()
    children = []
    for index in range(processes):
        count = sockets // processes + (1 if index < sockets % processes else 0)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            held = hold(count, index)
            os.write(ready_write, b"x")
            signal.pause()
            del held
            os._exit(0)
        children.append(child)
    ready = 0
    while ready < processes:
        ready += len(os.read(ready_read, processes))
    print("ready", flush=True)
    try:
        sys.stdin.read()
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)
        for child in children:
            os.waitpid(child, 0)


main()
