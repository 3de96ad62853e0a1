"""Eight processes of mixed tools on the same entities, for some seconds; then, whether each change
that was reported as done is there, once, and none else.

Counters: a tool that reads the entity in the process that writes it back adds one, or is refused and
says so by its exit status. tee and rsync read nothing of what they replace: they have entities of
their own, and each success of theirs is one version."""
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time

COUNTERS = [f"counters/c{n}.json" for n in range(20)]
PLACES = [f"counters/blind{n}.json" for n in range(5)]
PROGRAM_LIMIT = 60  # seconds

# mv has read nothing: the pin says which version jq has read, or an older one.
JQ = """version=$(getfattr --only-values -n user.persistfs.version "$1") &&
    jq -c '.n += 1' "$1" >"$2" && mv -T "$2" "$1@$version" || { rm -f "$2"; exit 1; }"""
# Vim would read the entity again for its backup, and so know of a version that it does not show.
# When it sees a newer time, it may ask, and end with 0 as nobody answers: here 7 means success.
WRITTEN = 7
VIM = ["vim", "-es", "-u", "NONE", "-i", "NONE", "-n", "-c", "set nowritebackup",
       "-c", 'exe "normal \\<C-a>"', "-c", "w!", "-c", f"if !&modified | cquit {WRITTEN} | endif",
       "-c", "cq!"]


def run(*command, text=None, success=0):
    stdin = {"input": text} if text is not None else {"stdin": subprocess.DEVNULL}
    return subprocess.run(command, **stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          timeout=PROGRAM_LIMIT).returncode == success


def jq_and_mv(path, _):
    return run("bash", "-c", JQ, "bash", path, f"counters/.tmp{os.getpid()}")


def sed(path, _):
    return run("sed", "-i", "-E", r's/^\{"n":([0-9]+)\}$/expr \1 + 1/e; s/.*/{"n":&}/', path)


def perl(path, _):
    return run("perl", "-i", "-pe", r"s/(\d+)/$1 + 1/e", path)


def vim(path, _):
    return run(*VIM, path, success=WRITTEN)


def in_place(path, _):
    try:
        with open(path) as f:
            document = json.load(f)
        document["n"] += 1
        with open(path, "w") as f:
            json.dump(document, f, separators=(",", ":"))
        return True
    except OSError:
        return False


def replaced(path, _):
    try:
        with open(path) as f:
            document = json.load(f)
        document["n"] += 1
        with tempfile.NamedTemporaryFile("w", dir="counters", delete=False) as f:
            json.dump(document, f, separators=(",", ":"))
    except OSError:
        return False
    try:
        os.replace(f.name, path)
        return True
    except OSError:
        os.unlink(f.name)
        return False


def tee(path, text):
    return run("tee", path, text=text.encode())


def rsync(path, text):
    with tempfile.NamedTemporaryFile("w", dir=os.environ["OUT"]) as f:
        f.write(text)
        f.flush()
        return run("rsync", "-I", f.name, path)


def work(tool, paths, end, results):
    random.seed(tool.__name__)
    done, refused = dict.fromkeys(paths, 0), 0
    while time.monotonic() < end:
        path = random.choice(paths)
        text = json.dumps({"n": done[path], "by": tool.__name__}) + "\n"
        if tool(path, text):
            done[path] += 1
        else:
            refused += 1
    results.put((tool.__name__, done, refused))


def records(path):
    with open(path.removesuffix(".json") + ".audit.jsonl") as f:
        return [json.loads(line) for line in f]


def check(path, successes):
    """That many changes, each a version; returns what is wrong."""
    expected = list(range(1, successes + 2))
    found = records(path)
    if [r["version"] for r in found] != expected:
        yield f"{path}: {successes} successes, and the versions are {[r['version'] for r in found]}"
    if any(r["op"] != "update" for r in found[1:]):
        yield f"{path}: {[r['op'] for r in found]}"
    with open(path) as f:
        document = json.load(f)
    if path in COUNTERS and document["n"] != successes:
        yield f"{path}: {successes} successes, and the counter is {document['n']}"


def main(seconds):
    os.mkdir("counters")
    for path in COUNTERS + PLACES:
        with open(path, "w") as f:
            f.write('{"n":0}\n')
    end = time.monotonic() + seconds
    results = multiprocessing.Queue()
    tools = [(tool, COUNTERS) for tool in (jq_and_mv, sed, perl, vim, in_place, replaced)]
    tools += [(tool, PLACES) for tool in (tee, rsync)]
    workers = [multiprocessing.Process(target=work, args=(*tool, end, results)) for tool in tools]
    for worker in workers:
        worker.start()
    outcome = [results.get(timeout=seconds + 2 * PROGRAM_LIMIT) for _ in workers]
    for worker in workers:
        worker.join()
    faults = []
    for name, done, refused in outcome:
        print(f"{name}: {sum(done.values())} done, {refused} refused", file=sys.stderr)
        if not any(done.values()):
            faults.append(f"{name} was always refused")
    for path in COUNTERS + PLACES:
        faults += check(path, sum(done.get(path, 0) for _, done, _ in outcome))
    litter = {e.name for e in os.scandir("counters")} - {os.path.basename(p) for p in COUNTERS + PLACES}
    if litter:
        faults.append(f"left behind: {sorted(litter)}")
    sys.exit("\n".join(faults) or 0)


main(int(sys.argv[1]))
