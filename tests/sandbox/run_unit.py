"""Runs the command of a systemd unit with the rights that the unit leaves it, without systemd.

Usage: run_unit.py UNIT SETTINGS, as root. SETTINGS is JSON:

- words: what takes the place of the program in ExecStart, or with "command" of all of it
- command: whether "words" is the whole command
- readable: {path of a file or directory: where it is seen}, for a program that others may not read
- writable: {directory of the unit: directory that is seen there}
- without: capabilities to take away besides
- env: variables of the program

What needs systemd itself is left out: cgroups (IPAddressDeny=, DevicePolicy=), users, restarts.
"""

import json
import os
import sys

from mounts import mount_like
from rights import drop_to
from system_calls import filter_like

# A user and a group that no host gives to anybody.
NOBODY = 60001


def read_unit(path):
    """The settings of [Service], each a list of its values."""
    settings = {}
    section = ""
    with open(path, encoding="utf-8") as unit:
        for line in unit.read().splitlines():
            if line.startswith("["):
                section = line
            elif section == "[Service]" and "=" in line and not line.startswith("#"):
                name, value = line.split("=", 1)
                settings.setdefault(name, []).append(value)
    return settings


def main(unit_path, asked):
    unit = read_unit(unit_path)
    command = unit["ExecStart"][0].split(" ")
    words = asked["words"] if asked.get("command") else asked["words"] + command[1:]
    load = filter_like(unit)
    mount_like(unit, asked, NOBODY, words[0])
    os.umask(int(unit.get("UMask", ["0022"])[0], 8))
    os.chdir("/")
    wanted = unit.get("AmbientCapabilities", [""])[0].split()
    drop_to(NOBODY, [name for name in wanted if name not in asked.get("without", [])])
    load()
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "USER": "connscribe"}
    os.execve(words[0], words, {**env, **asked.get("env", {})})


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
