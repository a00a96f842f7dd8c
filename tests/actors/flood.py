"""Several processes that make TCP connections to themselves, as fast as they can or as they are told.

Usage: flood.py PROCESSES COUNT ADDRESS [RATE]

Each process makes COUNT connections, RATE of them a second where that is given, which are reset at once, so that no port stays in use. Prints one
JSON object: pid, server (address and ports), first (0), count (of all) and pids.
"""
import json
import os
import socket
import struct
import sys
import time

PROCESSES, COUNT, ADDRESS = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
RATE = float(sys.argv[4]) if len(sys.argv) > 4 else float("inf")
RESET = struct.pack("ii", 1, 0)


def flood(listener):
    end = listener.getsockname()
    began = time.monotonic()
    for index in range(COUNT):
        while index > (time.monotonic() - began) * RATE:
            time.sleep(0.002)
        stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        stream.connect(end)
        accepted, _ = listener.accept()
        stream.close()
        accepted.close()


pids = []
ports = []
for _ in range(PROCESSES):
    listener = socket.create_server((ADDRESS, 0), backlog=10)
    pid = os.fork()
    if pid == 0:
        flood(listener)
        os._exit(0)
    pids.append(pid)
    ports.append(listener.getsockname()[1])
    listener.close()
for pid in pids:
    _, status = os.waitpid(pid, 0)
    assert status == 0, status
made = {"pid": os.getpid(), "server": [ADDRESS, ports[0]], "first": 0, "count": PROCESSES * COUNT, "pids": pids}
print(json.dumps(made), flush=True)
sys.stdin.read()
