"""Sends datagrams in many ways, and prints how many bytes each stream of them has truly carried.

Usage: datagram_sizes.py SEED

One JSON object a line: what, pid, local (port), ip and remote (port) of the peer, bytes; and whether a trace
must tell them (true), cannot (false), or may (null). Everything stays on the loopback device.
"""
import ctypes
import json
import os
import random
import socket
import struct
import sys
import threading

random.seed(int(sys.argv[1]))
LIBC = ctypes.CDLL(None, use_errno=True)
HOST = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
UDP_SEGMENT = 103
IP_PKTINFO = 8
KEPT = []
TELLING = threading.Lock()


def udp(family=socket.AF_INET):
    sock = socket.socket(family, socket.SOCK_DGRAM)
    KEPT.append(sock)
    return sock


def receiver(family=socket.AF_INET):
    sock = udp(family)
    sock.bind((HOST[family], 0))
    return sock.getsockname()[:2]


def tell(what, sock, peer, total, told):
    local = sock.getsockname()[1]
    with TELLING:
        print(json.dumps({"what": what, "pid": os.getpid(), "local": local, "ip": peer[0],
                          "remote": peer[1], "bytes": total, "told": told}), flush=True)


def data():
    return bytes(random.randrange(1400))


def several_peers(family, told):
    sock, totals = udp(family), {}
    for peer in [receiver(family) for _ in range(5)] * 20:
        totals[peer] = totals.get(peer, 0) + sock.sendto(data(), peer)
    for peer, total in totals.items():
        tell("several peers", sock, peer, total, told)


def one(family, told):
    sock, peer = udp(family), receiver(family)
    tell("one datagram", sock, peer, sock.sendto(data(), peer), told)


def connected(family):
    sock, peer = udp(family), receiver(family)
    sock.connect(peer)
    total = sum(sock.send(data()) for _ in range(10)) + os.write(sock.fileno(), data())
    with open("/etc/passwd", "rb") as file:
        total += os.sendfile(sock.fileno(), file.fileno(), 0, 100)
    tell("connected", sock, peer, total, False)


def bound(family):
    sock, peer = udp(family), receiver(family)
    sock.bind((HOST[family], 0))
    tell("bound", sock, peer, sum(sock.sendto(data(), peer) for _ in range(3)), None)


def mapped():
    sock, (_, port) = udp(socket.AF_INET6), receiver()
    total = sum(sock.sendto(data(), ("::ffff:127.0.0.1", port)) for _ in range(10))
    tell("mapped", sock, ("127.0.0.1", port), total, True)


def pieces():
    sock, peer, other = udp(), receiver(), receiver()
    total = sock.sendto(data(), socket.MSG_MORE, peer) + sock.sendto(data(), peer)
    tell("pieces", sock, peer, total, False)
    tell("after pieces", sock, other, sock.sendto(data(), other), None)


def refused():
    sock, peer = udp(), receiver()
    total = sum(sock.sendto(data(), peer) for _ in range(3))
    try:
        sock.sendto(bytes(70_000), peer)
    except OSError:
        pass
    tell("refused", sock, peer, total, None)


def segments():
    sock, peer = udp(), receiver()
    sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 1000)
    tell("segments", sock, peer, sock.sendto(bytes(12_345), peer), True)


def chosen_source():
    sock, peer = udp(), receiver()
    source = struct.pack("i4s4s", 0, socket.inet_aton("127.0.0.2"), bytes(4))
    total = sock.sendmsg([data()], [(socket.IPPROTO_IP, IP_PKTINFO, source)], 0, peer)
    tell("chosen source", sock, peer, total, None)


def many_messages():
    """sendmmsg(2): structures as in <sys/socket.h>, on 64 bits."""
    sock, peers, totals = udp(), [receiver(), receiver()], {}
    parts = [(peers[i % 2], data()) for i in range(8)]
    keep, headers = [], b""
    for peer, part in parts:
        name = struct.pack("=H", socket.AF_INET) + struct.pack("!H", peer[1]) + \
            socket.inet_aton(peer[0]) + bytes(8)
        name, buffer = ctypes.create_string_buffer(name, 16), ctypes.create_string_buffer(part, len(part) + 1)
        vector = ctypes.create_string_buffer(struct.pack("@PN", ctypes.addressof(buffer), len(part)))
        keep += [name, buffer, vector]
        headers += struct.pack("@PI4xPNPNi4xI4x", ctypes.addressof(name), 16, ctypes.addressof(vector),
                               1, 0, 0, 0, 0)
        totals[peer] = totals.get(peer, 0) + len(part)
    sent = LIBC.sendmmsg(sock.fileno(), ctypes.create_string_buffer(headers), len(parts), 0)
    assert sent == len(parts), os.strerror(ctypes.get_errno())
    for peer, total in totals.items():
        tell("sendmmsg", sock, peer, total, True)


def answers():
    """A server without a peer, and clients with one and without."""
    server, total = udp(), {}
    server.bind(("0.0.0.0", 0))
    there = ("127.0.0.1", server.getsockname()[1])
    for isConnected in [False, True, False]:
        client, asked = udp(), 0
        if isConnected:
            client.connect(there)
        for _ in range(5):
            part = data()
            asked += client.send(part) if isConnected else client.sendto(part, there)
            _, peer = server.recvfrom(2000)
            total[peer] = total.get(peer, 0) + server.sendto(data(), peer)
            client.recvfrom(2000)
        tell("asks", client, there, asked, not isConnected)
    for peer, answered in total.items():
        tell("answers", server, peer, answered, True)


def short_lives():
    """Sockets that get the address of the one before, with peers and without."""
    for i in range(40):
        peer = receiver()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            if i % 4 == 3:
                sock.connect(peer)
                tell("short, connected", sock, peer, sock.send(data()), False)
            else:
                tell("short", sock, peer, sock.sendto(data(), peer), None)


def threads():
    def work():
        sock, peers = udp(), [receiver(), receiver()]
        totals = [0, 0]
        for i in range(200):
            totals[i % 2] += sock.sendto(data(), peers[i % 2])
        for peer, total in zip(peers, totals):
            tell("threads", sock, peer, total, True)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def connect_then_other():
    """A connect(2) that is never used, and right after it a datagram of another socket with a peer."""
    for family in HOST:
        log, used = udp(family), receiver(family)
        log.connect(used)
        idle, unused = udp(family), receiver(family)
        idle.connect(unused)
        tell("logs", log, used, log.send(data()), False)
        tell("idle", idle, unused, 0, False)


def alone(work, *args):
    """In a process of its own."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work(*args)
            status = 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0, work.__name__


for work, *args in [
    (several_peers, socket.AF_INET, True), (several_peers, socket.AF_INET6, True),
    (one, socket.AF_INET, True), (one, socket.AF_INET6, False),
    (connected, socket.AF_INET), (connected, socket.AF_INET6),
    (bound, socket.AF_INET), (bound, socket.AF_INET6),
    (mapped,), (pieces,), (refused,), (segments,), (chosen_source,), (many_messages,), (answers,),
    (short_lives,), (threads,), (connect_then_other,),
]:
    alone(work, *args)
