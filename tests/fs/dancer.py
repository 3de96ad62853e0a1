"""A process that does what it is told, a statement a line, and says what came of it."""
import errno
import os
import sys

names = {"os": os}
for line in sys.stdin:
    try:
        exec(line, names)
        print("ok")
    except OSError as error:
        print(errno.errorcode[error.errno])
    except BaseException as error:
        print(repr(error))
