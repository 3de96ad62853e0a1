"""What the lint tests share: the files of the project, and TAP."""
import os
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
ROOMS = ("store", "schema", "audit", "fs")


def is_ours(path, folder):
    """Not a build folder, whatever its name."""
    return folder not in (".git", "__pycache__", ".cache") and not os.path.exists(
        os.path.join(path, folder, "meson-private")
    )


def files(*endings):
    """The paths of all files with these endings (or all files), from the root, in order."""
    found = []
    for path, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if is_ours(path, f)]
        for name in names:
            if not endings or name.endswith(endings):
                found.append(os.path.relpath(os.path.join(path, name), ROOT))
    return sorted(found)


def room_of(path):
    return path.split("/")[0]


def product(*endings):
    """Those that the program is made of."""
    return [f for f in files(*endings) if room_of(f) in ROOMS]


def read(path):
    with open(os.path.join(ROOT, path), errors="surrogateescape") as file:
        return file.read()


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def case(self, title, faults):
        """One case, which fails when there are faults (strings); they are shown."""
        self.count += 1
        self.failed += bool(faults)
        print(f"{'not ok' if faults else 'ok'} {self.count} - {title}")
        for fault in faults:
            for line in fault.splitlines():
                print(f"#   {line}")
        sys.stdout.flush()

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)
