#!/usr/bin/python3
"""What POSIX says of files, folders, links, pipes and sockets, tried in a folder.

usage: posix.py FOLDER [CHECK...]

Run by root: much of it is about what other users may do. The folder is empty before and after. Each
thing that is not as it should be is a line that names where in the checks it was found; the exit
status is 1 if there is one.
"""
import os
import sys
import traceback

import posix_changes
import posix_nodes
import posix_paths
import posix_rename
from trial import CHECKS, tally


def run(chosen):
    os.umask(0o22)
    for check in CHECKS:
        if chosen and check.__name__ not in chosen:
            continue
        failures = len(tally.failures)
        try:
            check()
            tally.expect("what is left", os.listdir("."), [])
        except (OSError, AssertionError):
            tally.failures.append(traceback.format_exc(limit=-3))
        if len(tally.failures) > failures:
            print(f"{check.__name__}:", *tally.failures[failures:], sep="\n  ")
    print(f"{tally.tried} expectations, {len(tally.failures)} failed")
    return 1 if tally.failures else 0


os.chdir(sys.argv[1])
sys.exit(run(sys.argv[2:]))
