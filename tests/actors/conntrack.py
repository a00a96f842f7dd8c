"""Stands in for conntrack(8): tells of made-up flows, as many as it is told to and as fast.

Usage: conntrack.py FLOWS RATE DONE ARGUMENTS...
ARGUMENTS are those of conntrack. `-E` prints RATE flows a second, each with its beginning and its end,
makes the file DONE, and waits to be ended, or for its reader to go away; where DONE is there already it only waits. `-L` prints
nothing. The number of a flow is in its destination: 10.0.0.0 plus the number.
"""
import os
import select
import sys
import time

FIRST = 10 << 24
STEP = 0.01


def event(kind, state, number, now, packets=""):
    to = ".".join(str(byte) for byte in (FIRST + number).to_bytes(4, "big"))
    port = 1024 + number % 60000
    counted = packets.split("/") if packets else ("", "")
    mark = "" if packets else " [UNREPLIED]"
    return (
        f"[{now:.6f}]\t{kind} tcp      6 120 {state} src=127.0.0.1 dst={to} sport={port} dport=443"
        f"{counted[0]}{mark} src={to} dst=127.0.0.1 sport=443 dport={port}{counted[1]} id={number + 1}\n"
    )


def flow(number, now):
    counts = " packets=6 bytes=324/ packets=4 bytes=226"
    return event("    [NEW]", "SYN_SENT", number, now) + event(
        "[DESTROY]", "TIME_WAIT", number, now + 0.001, counts
    )


def write_all(data):
    while data:
        data = data[os.write(1, data) :]


def tell(flows, rate):
    began = time.monotonic()
    told = 0
    while told < flows:
        due = min(flows, int((time.monotonic() - began) * rate) + 1)
        now = time.time()
        write_all("".join(flow(number, now) for number in range(told, due)).encode())
        told = due
        # time.sleep() waits for a moment, not for a while: a false clock would make it wait for ever.
        select.select([], [], [], STEP)


def main():
    flows, rate, done, *arguments = sys.argv[1:]
    if "-E" not in arguments:
        return
    if not os.path.exists(done):
        tell(int(flows), float(rate))
        open(done, "x").close()
    reader = select.poll()
    # Nothing but that the reader has gone away.
    reader.register(1, 0)
    reader.poll()


main()
