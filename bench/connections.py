"""Makes TCP connections over loopback: COUNT of them, RATE a second (0: as fast as it goes).

Each is closed at once, by a reset, so that no port stays in use. Prints the seconds it took.
"""
import socket
import struct
import sys
import time

count, rate = int(sys.argv[1]), int(sys.argv[2])
server = socket.create_server(("127.0.0.1", 0), backlog=16)
end = server.getsockname()
reset = struct.pack("ii", 1, 0)
# In slices of a hundredth of a second, so that the rate is even.
slice_size = max(1, rate // 100) if rate else count
began = time.monotonic()
for i in range(count):
    if rate and i % slice_size == 0:
        pause = began + i / rate - time.monotonic()
        if pause > 0:
            time.sleep(pause)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    client.connect(end)
    accepted, _ = server.accept()
    client.close()
    accepted.close()
print(time.monotonic() - began)
