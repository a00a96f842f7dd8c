"""One process that makes many short connections to a server of its own, tells of them, and stays.

Usage: many.py tcp|udp COUNT ADDRESS [PAUSE]

After every hundred it pauses for PAUSE seconds. Each connection has a local port of its own, from 20000 on, so that no tuple comes twice. Prints one
JSON object: pid, server (address and port), first and count. It ends when its standard input does.
"""
import json
import os
import socket
import sys
import threading
import time

KIND, COUNT, ADDRESS = sys.argv[1], int(sys.argv[2]), sys.argv[3]
PAUSE = float(sys.argv[4]) if len(sys.argv) > 4 else 0
FIRST = 20000
FAMILY = socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET
REQUEST, ANSWER = b"ping!", b"answer"


def ports():
    for port in range(FIRST, FIRST + COUNT):
        yield port
        if port % 100 == 99:
            time.sleep(PAUSE)


def serve_tcp(listener):
    for _ in range(COUNT):
        stream, _ = listener.accept()
        with stream:
            stream.recv(100)


def tcp():
    listener = socket.create_server((ADDRESS, 0), family=FAMILY, backlog=1000)
    server_thread = threading.Thread(target=serve_tcp, args=(listener,), daemon=True)
    server_thread.start()
    server = listener.getsockname()[:2]
    for port in ports():
        with socket.socket(FAMILY, socket.SOCK_STREAM) as stream:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            stream.bind((ADDRESS, port))
            stream.connect(server)
            stream.sendall(REQUEST)
    # Whoever ends the flows of connections that are still open makes the kernel track them as others.
    server_thread.join()
    return server


def udp():
    server = socket.socket(FAMILY, socket.SOCK_DGRAM)
    server.bind((ADDRESS, 0))
    end = server.getsockname()[:2]
    for port in ports():
        with socket.socket(FAMILY, socket.SOCK_DGRAM) as sender:
            sender.bind((ADDRESS, port))
            sender.sendto(REQUEST, end)
            _, peer = server.recvfrom(100)
            server.sendto(ANSWER, peer)
            sender.recvfrom(100)
    return end


end = {"tcp": tcp, "udp": udp}[KIND]()
print(json.dumps({"pid": os.getpid(), "server": end, "first": FIRST, "count": COUNT}), flush=True)
sys.stdin.read()
