/* What proc(5) says of this process, its threads and its children. */
#include "fs/process.h"
#include "store/base/clock.h"

#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* A child that lives until it is ended. */
static pid_t spawn(void)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    return pid;
}

static void end(pid_t pid)
{
    int status;
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

struct thread {
    pthread_t thread;
    sem_t started, may_end;
    pid_t tid;
};

static void *run(void *argument)
{
    struct thread *thread = argument;
    prctl(PR_SET_NAME, "a) R 1 (b");
    thread->tid = gettid();
    sem_post(&thread->started);
    sem_wait(&thread->may_end);
    return NULL;
}

static void thread_start(struct thread *thread)
{
    sem_init(&thread->started, 0, 0);
    sem_init(&thread->may_end, 0, 0);
    assert_int_equal(pthread_create(&thread->thread, NULL, run, thread), 0);
    sem_wait(&thread->started);
}

static void thread_end(struct thread *thread)
{
    sem_post(&thread->may_end);
    pthread_join(thread->thread, NULL);
    sem_destroy(&thread->started);
    sem_destroy(&thread->may_end);
}

/* The thread is joined a moment before the kernel has taken it off its list. */
static bool ends_soon(pid_t tid)
{
    const int64_t deadline = clock_monotonic() + 10 * (int64_t)CLOCK_SECOND;
    while (process_has_thread(getpid(), tid) && clock_monotonic() < deadline)
        sched_yield();
    return !process_has_thread(getpid(), tid);
}

static void itself(void **state)
{
    (void)state;
    char name[16];
    prctl(PR_GET_NAME, name);
    struct process process = process_of(getpid());
    assert_int_equal(process.pid, getpid());
    assert_string_equal(process.comm, name);
    assert_int_equal(process_parent(getpid()), getppid());
    assert_true(process_has_thread(getpid(), getpid()));
}

static void a_thread(void **state)
{
    (void)state;
    struct thread thread;
    thread_start(&thread);
    assert_int_not_equal(thread.tid, getpid());
    struct process process = process_of(thread.tid);
    assert_int_equal(process.pid, getpid());
    assert_string_equal(process.comm, "a) R 1 (b");
    assert_true(process_has_thread(getpid(), thread.tid));
    /* Its name has all that could be taken for a field of stat. */
    assert_int_equal(process_parent(thread.tid), getppid());
    assert_true(process_start(thread.tid) >= process_start(getpid()));
    pid_t tid = thread.tid;
    thread_end(&thread);
    assert_true(ends_soon(tid));
}

static bool has(const pid_t *tids, size_t count, pid_t tid)
{
    for (size_t i = 0; i < count; i++)
        if (tids[i] == tid)
            return true;
    return false;
}

static void all_threads(void **state)
{
    (void)state;
    pid_t tids[8];
    struct thread first;
    struct thread second;
    thread_start(&first);
    thread_start(&second);
    size_t count = process_threads(first.tid, tids, 8);
    assert_true(count >= 3 && tids[0] == first.tid);
    assert_true(has(tids + 1, count - 1, second.tid) && has(tids + 1, count - 1, getpid()));
    assert_false(has(tids + 1, count - 1, first.tid));
    assert_int_equal(process_threads(getpid(), tids, 2), 2);
    assert_int_equal(process_threads(getpid(), tids, 1), 1);
    assert_int_equal(tids[0], getpid());
    thread_end(&first);
    thread_end(&second);
}

static void a_child(void **state)
{
    (void)state;
    int64_t before = clock_boottime();
    pid_t pid = spawn();
    int64_t after = clock_boottime();
    assert_int_equal(process_of(pid).pid, pid);
    assert_int_equal(process_parent(pid), getpid());
    assert_false(process_has_thread(getpid(), pid));
    assert_false(process_has_thread(pid, getpid()));
    int64_t start = process_start(pid);
    assert_in_range(start, before - process_tick(), after);
    end(pid);
    assert_int_equal(process_start(pid), -1);
    assert_int_equal(process_parent(pid), 0);
    assert_false(process_has_thread(pid, pid));
}

static void nobody(void **state)
{
    (void)state;
    static const pid_t nobodies[] = {0, -1, 0x7fffffff};
    for (size_t i = 0; i < sizeof(nobodies) / sizeof(nobodies[0]); i++) {
        struct process process = process_of(nobodies[i]);
        assert_int_equal(process.pid, nobodies[i]);
        assert_string_equal(process.comm, "");
        assert_int_equal(process_start(nobodies[i]), -1);
        assert_int_equal(process_parent(nobodies[i]), 0);
        pid_t tid;
        assert_int_equal(process_threads(nobodies[i], &tid, 1), 1);
        assert_int_equal(tid, nobodies[i]);
    }
}

static void the_tick(void **state)
{
    (void)state;
    assert_int_equal(process_tick() * sysconf(_SC_CLK_TCK), CLOCK_SECOND);
}

static uint64_t inode_of(int fd)
{
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    return info.st_ino;
}

static void descriptors(void **state)
{
    (void)state;
    char path[] = "/tmp/persistfs-test-XXXXXX";
    int writer = mkostemp(path, O_CLOEXEC);
    int reader = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(writer >= 0 && reader >= 0);
    uint64_t inode = inode_of(writer);
    pid_t pid = spawn();
    assert_true(process_has_writable(getpid(), inode, true));
    assert_true(process_has_writable(pid, inode, true));
    assert_false(process_has_writable(getpid(), inode + (1ULL << 60), true));
    close(writer);
    assert_false(process_has_writable(getpid(), inode, true)); /* to read is not to write */
    assert_true(process_has_writable(pid, inode, true));
    end(pid);
    assert_false(process_has_writable(pid, inode, true)); /* it is gone */
    close(reader);
    writer = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(process_has_writable(getpid(), inode, true));
    struct thread thread;
    thread_start(&thread);
    assert_true(process_has_writable(thread.tid, inode, true));
    thread_end(&thread);
    close(writer);
    unlink(path);
}

/* What belongs to another user may not be looked at. */
static int look_as_nobody(pid_t parent)
{
    if (setgid(65534) < 0 || setuid(65534) < 0)
        return 2;
    prctl(PR_SET_DUMPABLE, 1);
    bool unknown = process_has_writable(parent, 1, true) && !process_has_writable(parent, 1, false);
    return unknown && !process_has_writable(getpid(), 1, true) ? 0 : 1;
}

static void somebody_elses(void **state)
{
    (void)state;
    int status;
    if (geteuid() != 0)
        skip();
    pid_t parent = getpid();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(look_as_nobody(parent));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void groups_beside_its_own(void **state)
{
    (void)state;
    gid_t groups[1024];
    int count = getgroups(1024, groups);
    assert_true(count >= 0);
    for (int i = 0; i < count; i++)
        assert_true(process_has_group(gettid(), groups[i]));
    assert_false(process_has_group(gettid(), 2147480000));
    char name[16];
    prctl(PR_GET_NAME, name);
    prctl(PR_SET_NAME, "Groups: 65432");
    assert_false(process_has_group(gettid(), 65432));
    prctl(PR_SET_NAME, name);
    assert_false(process_has_group(0, 0));
    assert_false(process_has_group(-1, 0));
}

/* A line that is longer than what is read of the file at once. */
static void many_groups(void **state)
{
    (void)state;
    gid_t groups[5000];
    if (geteuid() != 0)
        skip();
    pid_t pid = fork();
    if (pid == 0) {
        for (gid_t i = 0; i < 5000; i++)
            groups[i] = 100000 + 2 * i;
        bool is_right = setgroups(5000, groups) == 0;
        for (gid_t i = 0; is_right && i < 10000; i += 777)
            is_right = process_has_group(getpid(), 100000 + i) == (i % 2 == 0);
        _exit(is_right && !process_has_group(getpid(), 10000) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(itself),
        cmocka_unit_test(a_thread),
        cmocka_unit_test(a_child),
        cmocka_unit_test(all_threads),
        cmocka_unit_test(nobody),
        cmocka_unit_test(the_tick),
        cmocka_unit_test(descriptors),
        cmocka_unit_test(somebody_elses),
        cmocka_unit_test(groups_beside_its_own),
        cmocka_unit_test(many_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
