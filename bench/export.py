"""Sums up the traffic log as littlesnitch-log-exporter does: csv.DictReader and a dictionary."""

import csv
import sys

groups = {}
with open(sys.argv[1], newline="") as file:
    for row in csv.DictReader(file):
        denied = int(row["denyCount"])
        key = (
            row["connectingExecutable"],
            row["direction"],
            row["ipAddress"],
            row["remoteHostname"],
            row["protocol"],
            row["port"],
            denied > 0,
        )
        sums = groups.get(key)
        if sums is None:
            sums = groups[key] = [0, 0, 0, 0]
        sums[0] += int(row["connectCount"])
        sums[1] += denied
        sums[2] += int(row["byteCountIn"])
        sums[3] += int(row["byteCountOut"])
for key, sums in groups.items():
    print(*key, *sums, sep="\t")
