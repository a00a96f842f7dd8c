"""Connects again and again over loopback until there is something on its standard input, and says from where.

Usage: steady.py PORT

With PORT 0 to a listener of its own, each connection for some 20 ms; else to that port, and waits for answers
that do not come until all are closed at the end. One JSON object: the port, and the local ports in their order.
"""
import collections
import json
import resource
import select
import socket
import sys
import threading
import time

PORT = int(sys.argv[1])
MOST = 15_000
PAUSE = 0.004
AT_ONCE = 5
# All have sent their SYN once more by then.
PATIENCE = 2.5


def goes_on(ports):
    time.sleep(PAUSE)
    return len(ports) < MOST and not select.select([sys.stdin], [], [], 0)[0]


def serve(server):
    connections = collections.deque()
    while True:
        connections.append(server.accept()[0])
        if len(connections) > AT_ONCE:
            connections.popleft().close()


def answered():
    server = socket.create_server(("127.0.0.1", 0), backlog=512)
    threading.Thread(target=serve, args=(server,), daemon=True).start()
    port = server.getsockname()[1]
    connections, ports = collections.deque(), []
    while goes_on(ports):
        connections.append(socket.create_connection(("127.0.0.1", port)))
        ports.append(connections[-1].getsockname()[1])
        if len(connections) > AT_ONCE:
            connections.popleft().close()
    return {"port": port, "ports": ports}


def unanswered():
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST + 100, MOST + 100))
    connections = []
    while goes_on(connections):
        connection = socket.socket()
        connection.setblocking(False)
        try:
            connection.connect(("127.0.0.1", PORT))
        except BlockingIOError:
            pass
        connections.append(connection)
    time.sleep(PATIENCE)
    return {"port": PORT, "ports": [connection.getsockname()[1] for connection in connections]}


print(json.dumps(answered() if PORT == 0 else unanswered()), flush=True)
