"""Transfers random numbers of bytes in both directions, over one TCP connection each.

Usage: transfers.py COUNT ADDRESS

One JSON object a line: the client's port, bytes sent by the client, bytes sent by the server. Which side
closes first alternates.
"""
import json
import random
import socket
import sys
import threading

COUNT, ADDRESS = int(sys.argv[1]), sys.argv[2]
FAMILY = socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET
MOST = 300_000


def receive(stream, count):
    while count > 0:
        count -= len(stream.recv(65536))


def serve(stream, up, down, first):
    receive(stream, up)
    stream.sendall(b"y" * down)
    if not first:
        stream.recv(1)
    stream.close()


server = socket.create_server((ADDRESS, 0), family=FAMILY)
for index in range(COUNT):
    up, down = random.randrange(MOST), random.randrange(MOST)
    first = index % 2 == 0
    client = socket.create_connection(server.getsockname()[:2])
    accepted, peer = server.accept()
    thread = threading.Thread(target=serve, args=(accepted, up, down, first))
    thread.start()
    client.sendall(b"x" * up)
    receive(client, down)
    if first:
        client.recv(1)
    client.close()
    thread.join()
    print(json.dumps({"port": peer[1], "up": up, "down": down}), flush=True)
