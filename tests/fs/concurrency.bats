# Many at once.
load lib

setup() {
    prepare
    start
    cd "$MNT"
    mkdir docs
}

@test "12 writers to a.json@1: one wins, 11 are stale" {
    put docs/a.json '{"n": 0}'
    python '
import multiprocessing
def attempt(barrier, n, results):
    barrier.wait()
    try:
        write("docs/a.json@1", b"{\"writer\": %d}" % n)
        results.put((n, 0))
    except OSError as error:
        results.put((n, error.errno))
barrier, results = multiprocessing.Barrier(12), multiprocessing.Queue()
writers = [multiprocessing.Process(target=attempt, args=(barrier, n, results)) for n in range(12)]
for w in writers: w.start()
outcome = [results.get(timeout=30) for _ in writers]
for w in writers: w.join()
winners = [n for n, code in outcome if code == 0]
same(len(winners), 1)
same([code for _, code in outcome if code], [errno.ESTALE] * 11)
same(json.loads(read("docs/a.json")), {"writer": winners[0]})
same(version("docs/a.json"), 2)'
    same "$(records docs/a.json)" 2
}

@test "16 processes do read, change, write, 50 times each, with a retry on ESTALE: 800" {
    put docs/counter.json '{"n": 0}'
    python '
children = []
for _ in range(16):
    pid = os.fork()
    if pid == 0:
        for _ in range(50):
            while True:
                with open("docs/counter.json") as f:
                    document = json.load(f)
                document["n"] += 1
                try:
                    with open("docs/counter.json", "w") as f:
                        json.dump(document, f)
                    break
                except OSError as error:
                    if error.errno != errno.ESTALE: os._exit(1)
        os._exit(0)
    children.append(pid)
same([os.waitpid(pid, 0)[1] for pid in children], [0] * 16)'
    json docs/counter.json '.n == 800'
    has_version docs/counter.json 801
    same "$(records docs/counter.json)" 801
}

@test "8 processes create entities with the same unique value: exactly one exists" {
    put .schema/docs.json '{"properties": {"email": {"x-unique": true}}}'
    python '
for round in range(10):
    children = []
    for n in range(8):
        pid = os.fork()
        if pid == 0:
            try:
                write(f"docs/r{round}-{n}.json", b"{\"email\": \"r%d\"}" % round)
            except OSError as error:
                os._exit(1 if error.errno == errno.EEXIST else 2)
            os._exit(0)
        children.append(pid)
    codes = sorted(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children)
    same(codes, [0] + [1] * 7)
    same(len([n for n in os.listdir("docs") if n.startswith(f"r{round}-")]), 1)'
}

@test "one of many creations with O_EXCL or @0 wins" {
    python '
for name, flags in (("a.json@0", W | CREAT | TRUNC), ("b.json", W | CREAT | EXCL)):
    children = []
    for n in range(8):
        pid = os.fork()
        if pid == 0:
            try:
                write(f"docs/{name}", b"{\"writer\": %d}" % n, flags)
            except OSError as error:
                os._exit(1 if error.errno in (errno.ESTALE, errno.EEXIST) else 2)
            os._exit(0)
        children.append(pid)
    codes = sorted(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children)
    same(codes, [0] + [1] * 7)
same(version("docs/a.json"), 1)
same(version("docs/b.json"), 1)'
}

@test "many writers without a version: each write is one version" {
    python '
children = []
for n in range(8):
    pid = os.fork()
    if pid == 0:
        for i in range(20):
            write("docs/a.json", b"{\"w\": %d, \"i\": %d}" % (n, i))
        os._exit(0)
    children.append(pid)
same([os.waitpid(pid, 0)[1] for pid in children], [0] * 8)
same(version("docs/a.json"), 160)'
    same "$(records docs/a.json)" 160
}

@test "many patches: none is lost" {
    put docs/a.json '{}'
    python '
children = []
for n in range(8):
    pid = os.fork()
    if pid == 0:
        for i in range(20):
            write("docs/a.json", b"{\"m%d-%d\": 1}" % (n, i), W | APPEND)
        os._exit(0)
    children.append(pid)
same([os.waitpid(pid, 0)[1] for pid in children], [0] * 8)
same(len(json.loads(read("docs/a.json"))), 160)'
}

@test "16 writers need far fewer syncs than commits" {
    syncs=$(jq .syncs .stats.json)
    commits=$(jq .commits .stats.json)
    python '
children = []
for n in range(16):
    pid = os.fork()
    if pid == 0:
        for i in range(25):
            write(f"docs/w{n}-{i}.json", b"{\"i\": %d}" % i)
        os._exit(0)
    children.append(pid)
same([os.waitpid(pid, 0)[1] for pid in children], [0] * 16)'
    same "$(($(jq .commits .stats.json) - commits))" 400
    syncs=$(($(jq .syncs .stats.json) - syncs))
    echo "400 commits took $syncs syncs" >&2
    ((syncs > 0 && syncs * 3 <= 400))
    json .stats.json '.largest_batch > 1'
}

@test "a refused command in a batch affects none of the others" {
    put .schema/docs.json '{"properties": {"n": {"type": "integer"}}}'
    python '
children = []
for n in range(16):
    pid = os.fork()
    if pid == 0:
        for i in range(20):
            try:
                write(f"docs/w{n}-{i}.json", b"{\"n\": %s}" % (b"1" if n % 2 else b"\"x\""))
            except OSError as error:
                if n % 2 or error.errno != errno.EBADMSG: os._exit(1)
                continue
            if n % 2 == 0: os._exit(2)
        os._exit(0)
    children.append(pid)
same([os.waitpid(pid, 0)[1] for pid in children], [0] * 16)
same(len(os.listdir("docs")), 160)'
}

@test "schemas change while documents are written: none is left that does not fit" {
    python '
pid = os.fork()
if pid == 0:
    for i in range(200):
        try:
            write(f"docs/d{i}.json", b"{\"n\": 1}" if i % 2 else b"{}")
        except OSError as error:
            if error.errno != errno.EBADMSG: os._exit(1)
    os._exit(0)
while os.waitpid(pid, os.WNOHANG)[0] == 0:
    for schema in (b"{\"required\": [\"n\"]}", b"{}"):
        try:
            write(".schema/docs.json", schema)
        except OSError as error:
            same(error.errno, errno.EBADMSG)
for name in os.listdir("docs"):
    if name.endswith(".json") and "n" not in json.loads(read(f"docs/{name}")):
        break
else:
    raise AssertionError("every document fits: there was no race")'
}

@test "renames and deletions race, and each entity is somewhere or nowhere, once" {
    python '
for i in range(20):
    write(f"docs/e{i}.json", b"{\"i\": %d}" % i)
children = []
for n in range(6):
    pid = os.fork()
    if pid == 0:
        import random
        random.seed(n)
        for _ in range(60):
            a, b = random.randrange(20), random.randrange(20)
            try:
                if random.random() < 0.2: os.unlink(f"docs/e{a}.json")
                elif random.random() < 0.5: os.rename(f"docs/e{a}.json", f"docs/e{b}.json")
                else: write(f"docs/e{a}.json", b"{\"n\": %d}" % n)
            except OSError as error: # it went away between the open and the write
                if error.errno not in (errno.ENOENT, errno.ESTALE): os._exit(1)
        os._exit(0)
    children.append(pid)
same([os.waitpid(pid, 0)[1] for pid in children], [0] * 6)
names = os.listdir("docs")
same(len(names), len(set(names)))
for name in names:
    json.loads(read(f"docs/{name}"))'
}

@test "a reader that stays does not stop the writers, and sees its version" {
    put docs/a.json '{"n": 0}'
    python '
fd = os.open("docs/a.json", R)
for i in range(1, 301):
    write("docs/a.json", b"{\"n\": %d}" % i)
same(os.read(fd, 100), b"{\"n\": 0}\n")'
    has_version docs/a.json 301
}
