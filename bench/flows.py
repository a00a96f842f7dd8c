"""Makes new UDP flows over loopback: COUNT of them, RATE a second (0: as fast as it goes).

Each goes to another address of 127.0.0.0/8, where a socket takes and forgets it. Prints the seconds it took.
"""
import socket
import sys
import time

count, rate = int(sys.argv[1]), int(sys.argv[2])
sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sink.bind(("0.0.0.0", 0))
port = sink.getsockname()[1]
source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
source.bind(("127.0.0.1", 0))
# In slices of a hundredth of a second, so that the rate is even.
slice_size = max(1, rate // 100) if rate else count
began = time.monotonic()
for i in range(count):
    if rate and i % slice_size == 0:
        pause = began + i / rate - time.monotonic()
        if pause > 0:
            time.sleep(pause)
    source.sendto(b"x", (f"127.{1 + i // 65536 % 250}.{i // 256 % 256}.{i % 256}", port))
print(time.monotonic() - began)
