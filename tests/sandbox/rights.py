"""Another user with a few capabilities, as User=, CapabilityBoundingSet= and AmbientCapabilities= make it."""

import ctypes
import os
import struct

from mounts import LIBC, check

# linux/capability.h, linux/prctl.h
NUMBERS = {
    "CAP_DAC_OVERRIDE": 1,
    "CAP_DAC_READ_SEARCH": 2,
    "CAP_NET_ADMIN": 12,
    "CAP_SYS_PTRACE": 19,
    "CAP_SYS_ADMIN": 21,
    "CAP_SYS_NICE": 23,
}
LAST = 40
VERSION_3 = 0x20080522
PR_SET_KEEPCAPS, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 8, 24, 38, 47
PR_CAP_AMBIENT_RAISE = 2


def drop_to(uid, names):
    """Becomes that user, with these capabilities and no way to others."""
    kept = [NUMBERS[name] for name in names]
    for number in range(LAST + 1):
        if number not in kept:
            check(LIBC.prctl(PR_CAPBSET_DROP, number, 0, 0, 0), "drop a capability")
    check(LIBC.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    bits = sum(1 << number for number in kept)
    halves = [bits & 0xFFFFFFFF, bits >> 32]
    data = struct.pack("=6I", *(half for half in halves for _ in range(3)))
    header = struct.pack("=Ii", VERSION_3, 0)
    check(LIBC.capset(ctypes.c_char_p(header), ctypes.c_char_p(data)), "set capabilities")
    for number in kept:
        check(LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0), "raise a capability")
    check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up new privileges")
