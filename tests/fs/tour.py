#!/usr/bin/python3
"""tour.py FILE: runs the commands in the `console` blocks of a Markdown file, all of them in one
shell, and compares what each says (standard output and error) with what the block shows below it.

`$ ` begins a command, `> ` continues it. `...` in what is shown stands for any text of one line.
"""
import difflib
import os
import re
import subprocess
import sys
import tempfile

# Where a person takes a moment, a script does not: it waits until the daemon has ended.
SCRIPT = """\
daemon=; [[ ! -s ~/store/lock ]] || daemon=$(<~/store/lock)
{{ {command}
}} </dev/null >{folder}/{number} 2>&1
{wait}
"""
WAIT = 'timeout 20 tail --pid="$daemon" -s 0.02 -f /dev/null'


def steps_of(text):
    """(command, what is shown below it)"""
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = step.split("\n")
            while shown and shown[0].startswith("> "):
                command += "\n" + shown.pop(0)[2:]
            yield command, "\n".join(shown)


def ends_the_daemon(command):
    return command.startswith(("kill -9", "fusermount3 -u"))


def run(steps):
    """What each command says."""
    with tempfile.TemporaryDirectory() as folder:
        script = "".join(
            SCRIPT.format(
                command=command,
                folder=folder,
                number=number,
                wait=WAIT if ends_the_daemon(command) else "",
            )
            for number, (command, _) in enumerate(steps)
        )
        subprocess.run(["bash", "-s"], input=script, text=True, timeout=60)
        said = []
        for number in range(len(steps)):
            path = os.path.join(folder, str(number))
            said.append(open(path).read() if os.path.exists(path) else "(it was never run)")
        return said


def as_typed(said):
    """At a prompt bash does not number its lines."""
    return re.sub(r"^bash: line \d+: ", "bash: ", said, flags=re.MULTILINE)


def fits(shown, said):
    pattern = ".*".join(re.escape(part) for part in shown.split("..."))
    return re.fullmatch(pattern, said) is not None


def main():
    with open(sys.argv[1]) as file:
        steps = list(steps_of(file.read()))
    if len(steps) < 10:
        sys.exit(f"there are only {len(steps)} commands in {sys.argv[1]}")
    failed = 0
    for (command, shown), said in zip(steps, map(as_typed, run(steps))):
        if not fits(shown, said):
            failed += 1
            print(f"$ {command}")
            print("\n".join(difflib.unified_diff(shown.split("\n"), said.split("\n"), "shown", "said")))
    print(f"{len(steps)} commands, {failed} said something else than is shown")
    return failed > 0


sys.exit(main())
