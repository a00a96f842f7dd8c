"""Counts the lines of a log of three columns that go to a host, one after the other."""

import sys

count = 0
with open(sys.argv[2]) as file:
    for line in file:
        if line.split()[2] == sys.argv[1]:
            count += 1
print(count)
