"""Reads what connscribe has written, with Python's own readers, and prints it as JSON.

Usage: read_back.py FORMAT [FILE] < RECORDS. The answer is a list with one object for each record of a
connection; those about the run itself are what the format "reports" reads from ndjson.
FILE is lognet's second file, with the processes. Whatever does not fit the format is an error.
"""
import ast
import csv
import io
import json
import re
import sys

ENDPOINT = re.compile(r"(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::(\d+))?")
PROCESS = re.compile(r"(.*)\[(\d+)\]", re.DOTALL)
UPID = re.compile(r"(.*)\|(\d+)\|(\d+\.\d+)")
WORD = re.compile(
    r"""'(?P<plain>[^']*)'|\$'(?P<c>(?:[^'\\]|\\.)*)'|(?P<bare>[^\s'"$\\]+|\$)"""
)


def unescape(text):
    """What stands for control characters: the escapes of a Python string."""
    return re.sub(
        r"\\(?:[\\nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})",
        lambda match: ast.literal_eval(f"'{match.group()}'"),
        text,
    )


def word(line, at):
    """The word of a shell that begins there, without its quotes, and where it ends."""
    found = ""
    while at < len(line) and line[at] != " ":
        match = WORD.match(line, at)
        if match is None:
            raise ValueError(f"not a word at {at}: {line!r}")
        if match["c"] is not None:
            found += ast.literal_eval("'" + match["c"] + "'")
        else:
            found += match["bare"] if match["plain"] is None else match["plain"]
        at = match.end()
    return found, at


def words(line, at=0, limit=None):
    """Splits a line as bash would. Gives the words, at most so many, and where they end."""
    found = []
    while at < len(line) and len(found) != limit:
        if line[at] == " ":
            at += 1
            continue
        one, at = word(line, at)
        found.append(one)
    return found, at


def endpoint(text):
    match = ENDPOINT.fullmatch(text)
    if match is None:
        raise ValueError(f"not an endpoint: {text!r}")
    return [match[1] or match[2], None if match[3] is None else int(match[3])]


def known(value):
    return None if value in ("-", "") else value


def marks(line, at):
    """What follows the columns: words, `(...)`, and after `$` the command line."""
    asides, argv = [], []
    while at < len(line):
        if line.startswith(" (", at):
            end = line.index(")", at)
            asides.append(unescape(line[at + 2 : end]))
            at = end + 1
        elif line.startswith(" $ ", at):
            argv, at = words(line, at + 3)
        else:
            _, at = words(line, at, 1)
    return asides, argv


REPORTS = ("coverage", "stats")


def text(data):
    for line in data.split("\n")[:-1]:
        if line.split(" ", 3)[2] in REPORTS:
            words(line)
            continue
        columns, at = words(line, 0, 12)
        _, _, event, direction, protocol, local, arrow, remote, state, process, user, unit = columns
        name, pid = (None, None) if process == "-" else PROCESS.fullmatch(process).groups()
        asides, argv = marks(line, at)
        yield {
            "event": event,
            "direction": direction,
            "protocol": protocol,
            "local": endpoint(local),
            "remote": None if remote == "*" else endpoint(remote.partition("(")[0]),
            "initiator": {"->": "local", "<-": "remote", "--": None}[arrow],
            "state": known(state),
            "name": name,
            "pid": None if pid is None else int(pid),
            "argv": argv,
            "user": known(user),
            "unit": known(unit),
            "preexisting": "at start" in asides,
            "asides": asides,
        }


def objects(data):
    for line in data.split("\n")[:-1]:
        record = json.loads(line)
        if list(record)[:2] != ["@timestamp", "event"] or list(record["event"])[0] != "id":
            raise ValueError("@timestamp and event.id do not come first")
        yield record


def reports(data):
    """Of ndjson: the records about the run itself, and how many records were before each."""
    before = 0
    for record in objects(data):
        kind = record["event"]["action"]
        if kind not in REPORTS:
            before += 1
            continue
        if record["event"]["dataset"] != f"connscribe.{kind}" or list(record["connscribe"]) != [kind]:
            raise ValueError(f"not a report of this kind: {record}")
        own = record["connscribe"][kind]
        yield {
            "kind": kind,
            "before": before,
            "underWay": own.get("under_way"),
            "memoryBytes": own.get("memory_bytes"),
            "whole": record,
            **own,
        }


def ndjson(data):
    for record in objects(data):
        if record["event"]["action"] in REPORTS:
            continue
        own = record["connscribe"]
        source, destination = ends = record.get("source"), record.get("destination")
        from_here = own.get("initiator", "local") == "local" and source is not None
        local, remote = ends if from_here else (destination, source)
        process = record.get("process", {})
        yield {
            "event": own["event"],
            "direction": own["direction"],
            "protocol": record["network"]["transport"],
            "local": [local["ip"], local.get("port")],
            "remote": remote and [remote["ip"], remote.get("port")],
            "initiator": own.get("initiator"),
            "state": own.get("state"),
            "name": process.get("name"),
            "pid": process.get("pid"),
            "argv": process.get("args", []),
            "user": record.get("user", {}).get("name"),
            "unit": None,
            "preexisting": own.get("preexisting", False),
            "whole": record,
        }


def number(value):
    return int(value) if value else None


def csv_(data):
    for row in csv.DictReader(io.StringIO(data, newline=""), strict=True):
        if None in row or None in row.values():
            raise ValueError(f"a row has not as many columns as the header: {row}")
        end = lambda name: [unescape(row[name + "_ip"]), number(row[name + "_port"])]
        yield {
            "event": row["event"],
            "direction": row["direction"],
            "protocol": row["protocol"],
            "local": end("local"),
            "remote": end("remote") if row["remote_ip"] else None,
            "initiator": known(row["initiator"]),
            "state": known(row["state"]),
            "name": unescape(row["process_name"]) or None,
            "pid": number(row["pid"]),
            "argv": json.loads(row["command_line"] or "[]"),
            "user": unescape(row["user"]) or None,
            "unit": unescape(row["user_unit"] or row["unit"]) or None,
            "preexisting": row["preexisting"] == "true",
            "whole": row,
        }


def lognet_body(data, fields):
    lines = data.split("\n")
    if lines.pop() != "":
        raise ValueError("the last line is not whole")
    if lines[0] != "#Version: 1.0" or lines[2] != f"#Fields: {fields}":
        raise ValueError(f"not the head of this file: {lines[:3]}")
    if not re.fullmatch(r"#Date: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", lines[1]):
        raise ValueError(f"not a date: {lines[1]}")
    return lines[3:]


def lognet_processes(path):
    commands = {}
    with open(path, encoding="utf-8", newline="") as file:
        data = file.read()
    for line in lognet_body(data, "timestamp upid [command_line with parameters]"):
        _, _, rest = line.partition(" ")
        match = re.fullmatch(r"(.*?\|\d+\|\d+\.\d+) (\[.*\]|-)", rest)
        if match[1] in commands:
            raise ValueError(f"twice: {match[1]}")
        commands[match[1]] = [] if match[2] == "-" else ast.literal_eval(match[2])
    return commands


def lognet(data, path=None):
    commands = lognet_processes(path) if path else {}
    for line in lognet_body(data, "timestamp prot laddr lport raddr rport status upid"):
        time, protocol, laddr, lport, raddr, rport, status, upid = line.split(" ", 7)
        if not re.fullmatch(r"\d{4}-\d\d-\d\d\|\d\d:\d\d:\d\d", time):
            raise ValueError(f"not a time: {time}")
        match = UPID.fullmatch(upid)
        if match is None and upid != "-":
            raise ValueError(f"not an upid: {upid}")
        yield {
            "protocol": protocol.lower(),
            "local": [known(laddr), None if lport == "-" else int(lport)],
            "remote": None if raddr == "-" else [raddr, int(rport)],
            "state": None if status in ("-", "NONE") else status.lower(),
            "name": match and unescape(match[1]),
            "pid": match and int(match[2]),
            "start": match and match[3],
            "argv": commands.get(upid, []) if match else [],
        }


READERS = {"text": text, "ndjson": ndjson, "reports": reports, "csv": csv_, "lognet": lognet}


def main():
    reader, *files = sys.argv[1:]
    data = sys.stdin.buffer.read().decode("utf-8")
    if data and not data.endswith("\n"):
        raise ValueError("the last line is not whole")
    json.dump(list(READERS[reader](data, *files)), sys.stdout)


if __name__ == "__main__":
    main()
