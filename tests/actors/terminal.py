"""Runs a program on a terminal of so many columns, and prints what the terminal got.

Usage: terminal.py COLUMNS PROGRAM [ARGUMENT...]. Ends as the program ends; its stderr stays apart.
"""
import fcntl
import os
import pty
import struct
import sys
import termios


def main():
    columns, *words = sys.argv[1:]
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        os.dup2(slave, 0)
        os.dup2(slave, 1)
        os.close(master)
        os.close(slave)
        os.execvp(words[0], words)
    os.close(slave)
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        os.write(1, data.replace(b"\r\n", b"\n"))
    _, status = os.waitpid(pid, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
