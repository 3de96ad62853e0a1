"""One round of the kill loop: 8 writers, and after some acknowledgements the daemon is killed.

killloop.py STATE PID ACKS: works in the current folder. STATE is a file with what has been
acknowledged, by entity, over all rounds: {"w0-1": {"acked": 5, "tried": 6}, ...}.
"""
import json
import os
import signal
import struct
import sys

WRITERS = 8
ENTITIES = 4  # of each writer


def write(path, document, flags):
    fd = os.open(path, flags, 0o600)
    try:
        os.write(fd, json.dumps(document).encode())
        os.fsync(fd)
    finally:
        os.close(fd)


def create_or_replace(name, n):
    write(f"docs/{name}.json", {"n": n, "unique": name, "pad": "x" * (n % 700)},
          os.O_WRONLY | os.O_CREAT | os.O_TRUNC)


def patch(name, n):
    write(f"docs/{name}.json", {"n": n, "unique": name}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def report(pipe, kind, writer, entity, n):
    os.write(pipe, struct.pack("=BBBQ", kind, writer, entity, n))


def work(writer, numbers, pipe):
    """Until the daemon is gone."""
    change = patch if writer % 2 else create_or_replace
    while True:
        for entity in range(ENTITIES):
            numbers[entity] += 1
            report(pipe, 0, writer, entity, numbers[entity])
            try:
                change(f"w{writer}-{entity}", numbers[entity])
            except OSError:
                return
            report(pipe, 1, writer, entity, numbers[entity])


def main():
    path, daemon, acks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with open(path) as file:
        state = json.load(file)
    entry = lambda w, e: state.setdefault(f"w{w}-{e}", {"acked": 0, "tried": 0})
    reading, writing = os.pipe()
    children = []
    for writer in range(WRITERS):
        numbers = [entry(writer, e)["tried"] for e in range(ENTITIES)]
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            work(writer, numbers, writing)
            os._exit(0)
        children.append(pid)
    os.close(writing)
    size = struct.calcsize("=BBBQ")
    with os.fdopen(reading, "rb") as reports:
        while report_ := reports.read(size):
            kind, writer, entity, n = struct.unpack("=BBBQ", report_)
            entry(writer, entity)["acked" if kind else "tried"] = n
            acks -= kind
            if acks == 0:
                os.kill(daemon, signal.SIGKILL)
    for pid in children:
        os.waitpid(pid, 0)
    with open(path, "w") as file:
        json.dump(state, file)


main()
