/* Which process knows which version, with real processes and threads. */
#include "fs/bases.h"
#include "fs/process.h"
#include "store/base/clock.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define OBJECT 77
#define OWNER  0xfeedface

static struct bases_reader reader(uint64_t owner, pid_t tid)
{
    return (struct bases_reader){.owner = owner, .tid = tid};
}

static struct bases_reader self(void)
{
    return reader(OWNER, getpid());
}

/* What is known of the object when its version is `current`: its seq, 0 for nothing. */
static uint64_t known(struct bases *bases, uint64_t object, struct bases_reader who,
                      uint64_t current)
{
    struct bases_note note = {.seq = 1234567};
    return bases_find(bases, object, who, current, &note) ? note.seq : 0;
}

static void read_and_find(void **state)
{
    (void)state;
    struct bases *bases = bases_create(8);
    assert_int_equal(known(bases, OBJECT, self(), 5), 0);
    bases_read(bases, OBJECT, self(), 5);
    assert_int_equal(known(bases, OBJECT, self(), 5), 5);
    assert_int_equal(known(bases, OBJECT, self(), 9), 5);
    assert_int_equal(known(bases, OBJECT + 1, self(), 5), 0);
    assert_int_equal(known(bases, OBJECT, reader(OWNER + 1, getpid()), 5), 0);
    bases_read(bases, OBJECT, self(), 9);
    assert_int_equal(known(bases, OBJECT, self(), 9), 9);
    bases_destroy(bases);
    bases_destroy(NULL);
}

static void no_owner_no_note(void **state)
{
    (void)state;
    struct bases *bases = bases_create(8);
    bases_read(bases, OBJECT, reader(0, getpid()), 5);
    bases_wrote(bases, OBJECT, reader(0, getpid()), 5, true);
    assert_int_equal(known(bases, OBJECT, reader(0, getpid()), 5), 0);
    bases_destroy(bases);
}

static void written(void **state)
{
    (void)state;
    struct bases *bases = bases_create(8);
    struct bases_note note;
    bases_wrote(bases, OBJECT, self(), 5, false); /* nothing was read, so nothing is known */
    assert_int_equal(known(bases, OBJECT, self(), 5), 0);
    bases_wrote(bases, OBJECT, self(), 6, true);
    assert_true(bases_find(bases, OBJECT, self(), 6, &note));
    assert_true(note.seq == 6 && note.written == 6);
    bases_read(bases, OBJECT, self(), 8);
    assert_true(bases_find(bases, OBJECT, self(), 8, &note));
    assert_true(note.seq == 8 && note.written == 6);
    bases_wrote(bases, OBJECT, self(), 9, false); /* it had read before */
    assert_true(bases_find(bases, OBJECT, self(), 20, &note));
    assert_true(note.seq == 9 && note.written == 9);
    bases_destroy(bases);
}

static void forgotten(void **state)
{
    (void)state;
    struct bases *bases = bases_create(8);
    bases_read(bases, OBJECT, self(), 5);
    bases_read(bases, OBJECT + 1, self(), 6);
    bases_forget(bases, OBJECT, self());
    bases_forget(bases, OBJECT + 2, self());
    assert_int_equal(known(bases, OBJECT, self(), 5), 0);
    assert_int_equal(known(bases, OBJECT + 1, self(), 6), 6);
    bases_read(bases, OBJECT, self(), 7);
    assert_int_equal(known(bases, OBJECT, self(), 9), 7);
    bases_destroy(bases);
}

/* Of the pairs 0 to 5 in a table of 4, those used last remain. */
static void the_least_recent_goes(void **state)
{
    (void)state;
    struct bases *bases = bases_create(4);
    for (uint64_t i = 0; i < 4; i++)
        bases_read(bases, i, self(), 100 + i);
    bases_read(bases, 0, self(), 100);
    bases_wrote(bases, 1, self(), 111, false);
    bases_read(bases, 4, self(), 104);
    assert_int_equal(known(bases, 2, self(), 102), 0);
    assert_int_equal(known(bases, 3, self(), 103), 103);
    bases_read(bases, 5, self(), 105);
    assert_int_equal(known(bases, 3, self(), 103), 0);
    assert_int_equal(known(bases, 0, self(), 100), 100);
    assert_int_equal(known(bases, 1, self(), 111), 111);
    assert_int_equal(known(bases, 4, self(), 104), 104);
    assert_int_equal(known(bases, 5, self(), 105), 105);
    bases_destroy(bases);
}

/* Held against a list of the last ones, through many more than there is room for. */
#define CAPACITY 16
static void a_bound_kept(void **state)
{
    (void)state;
    struct bases *bases = bases_create(CAPACITY);
    uint64_t recent[CAPACITY] = {0}; /* newest first */
    uint32_t seed = 1;
    for (unsigned step = 0; step < 20000; step++) {
        seed = seed * 1664525 + 1013904223;
        uint64_t object = 1 + (seed >> 10) % (2 * CAPACITY);
        size_t at = 0;
        while (at < CAPACITY - 1 && recent[at] != object)
            at++;
        memmove(recent + 1, recent, at * sizeof(recent[0]));
        recent[0] = object;
        bases_read(bases, object, self(), object + 1000);
        for (uint64_t i = 1; step % 50 == 0 && i <= 2 * CAPACITY; i++) {
            bool expected = false;
            for (size_t j = 0; j < CAPACITY; j++)
                expected = expected || recent[j] == i;
            assert_int_equal(known(bases, i, self(), i + 1000), expected ? i + 1000 : 0);
        }
    }
    bases_destroy(bases);
}

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

/* The clock that processes are dated by has long ticks: lets a few of them pass. */
static void wait_ticks(int64_t count)
{
    int64_t time = count * process_tick();
    struct timespec pause = {.tv_sec = time / CLOCK_SECOND, .tv_nsec = time % CLOCK_SECOND};
    while (nanosleep(&pause, &pause) < 0)
        ;
}

static void another_process_with_the_same_owner(void **state)
{
    (void)state;
    struct bases *bases = bases_create(8);
    pid_t first = spawn();
    bases_read(bases, OBJECT, reader(OWNER, first), 5);
    assert_int_equal(known(bases, OBJECT, reader(OWNER, first), 9), 5);
    end(first);
    wait_ticks(2);
    pid_t second = spawn();
    assert_int_equal(known(bases, OBJECT, reader(OWNER, second), 9), 0);
    /* What was found to be somebody else's is forgotten. */
    assert_int_equal(known(bases, OBJECT, reader(OWNER, second), 5), 0);
    bases_read(bases, OBJECT, reader(OWNER, second), 6);
    assert_int_equal(known(bases, OBJECT, reader(OWNER, second), 9), 6);
    end(second);
    bases_destroy(bases);
}

/* Has a process read, end, and another one get its number; skipped when none does. */
static void try_the_number_again(bool (*is_taken_for_it)(struct bases *bases, pid_t pid))
{
    struct bases *bases = bases_create(8);
    bool came = false;
    for (unsigned tries = 0; !came && tries < 100; tries++) {
        pid_t before = spawn();
        end(before);
        bases_read(bases, OBJECT, reader(OWNER, before + 1), 5);
        wait_ticks(2);
        pid_t next = spawn();
        came = next == before + 1;
        if (came)
            assert_false(is_taken_for_it(bases, next));
        end(next);
    }
    bases_destroy(bases);
    if (!came)
        skip();
}

static bool has_a_base(struct bases *bases, pid_t pid)
{
    return known(bases, OBJECT, reader(OWNER, pid), 9) != 0;
}

/* A number of the process, too, may come again. */
static void the_same_number_again(void **state)
{
    (void)state;
    try_the_number_again(has_a_base);
}

static void who_is_gone_matches_nobody(void **state)
{
    (void)state;
    struct bases *bases = bases_create(8);
    pid_t pid = spawn();
    end(pid);
    bases_read(bases, OBJECT, self(), 5);
    assert_int_equal(known(bases, OBJECT, reader(OWNER, pid), 9), 0);
    bases_destroy(bases);
}

struct reading {
    struct bases *bases;
    pthread_barrier_t *barrier;
    pid_t tid;
};

static void *read_in_thread(void *argument)
{
    struct reading *reading = argument;
    reading->tid = gettid();
    bases_read(reading->bases, OBJECT, reader(OWNER, reading->tid), 5);
    pthread_barrier_wait(reading->barrier); /* it has read */
    pthread_barrier_wait(reading->barrier); /* it may end */
    return NULL;
}

static void another_thread(void **state)
{
    (void)state;
    pthread_t thread;
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 2);
    struct reading reading = {.bases = bases_create(8), .barrier = &barrier};
    wait_ticks(3); /* since the process began, so that the note is dated after it for sure */
    assert_int_equal(pthread_create(&thread, NULL, read_in_thread, &reading), 0);
    pthread_barrier_wait(&barrier);
    assert_int_not_equal(reading.tid, getpid());
    assert_int_equal(known(reading.bases, OBJECT, self(), 9), 5);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    while (process_has_thread(getpid(), reading.tid))
        sched_yield();
    assert_int_equal(known(reading.bases, OBJECT, self(), 9), 5);
    bases_destroy(reading.bases);
    pthread_barrier_destroy(&barrier);
}

/* Whatever the owner: by its threads. */
static void known_without_an_owner(void **state)
{
    (void)state;
    pthread_t thread;
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 2);
    struct reading reading = {.bases = bases_create(8), .barrier = &barrier};
    assert_false(bases_owner(reading.bases, OBJECT, getpid()));
    assert_int_equal(pthread_create(&thread, NULL, read_in_thread, &reading), 0);
    pthread_barrier_wait(&barrier);
    assert_true(bases_owner(reading.bases, OBJECT, getpid()));
    assert_true(bases_owner(reading.bases, OBJECT, reading.tid));
    assert_false(bases_owner(reading.bases, OBJECT + 1, getpid()));
    assert_false(bases_owner(reading.bases, OBJECT, getppid()));
    bases_forget(reading.bases, OBJECT, self());
    assert_false(bases_owner(reading.bases, OBJECT, getpid()));
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    pid_t pid = spawn();
    bases_read(reading.bases, OBJECT, reader(OWNER + 1, pid), 5);
    bases_wrote(reading.bases, OBJECT, reader(OWNER + 1, pid), 6, true);
    assert_true(bases_owner(reading.bases, OBJECT, pid));
    assert_false(bases_owner(reading.bases, OBJECT, getpid()));
    end(pid);
    bases_destroy(reading.bases);
    pthread_barrier_destroy(&barrier);
}

static bool has_an_owner(struct bases *bases, pid_t pid)
{
    return bases_owner(bases, OBJECT, pid) != 0;
}

/* A thread that got the number of one that read is not the one that read. */
static void known_by_another_thread_of_the_number(void **state)
{
    (void)state;
    try_the_number_again(has_an_owner);
}

#define MANY 10000
static void known_in_a_long_table(void **state)
{
    (void)state;
    struct bases *bases = bases_create(MANY);
    for (uint64_t i = 0; i < MANY; i++)
        bases_read(bases, OBJECT, reader(1 + i, i == MANY - 1 ? getpid() : 1), 5);
    assert_true(bases_owner(bases, OBJECT, getpid()));
    bases_read(bases, OBJECT + 1, self(), 5); /* in the place of the first */
    assert_true(bases_owner(bases, OBJECT + 1, getpid()));
    assert_false(bases_owner(bases, OBJECT + 2, getpid()));
    bases_read(bases, OBJECT + 2, reader(OWNER, 0), 5);
    assert_false(bases_owner(bases, OBJECT + 2, 0));
    bases_destroy(bases);
}

static void *use_at_random(void *argument)
{
    struct bases *bases = argument;
    struct bases_reader who = reader(OWNER, getpid());
    uint32_t seed = (uint32_t)gettid();
    for (unsigned step = 0; step < 20000; step++) {
        seed = seed * 1664525 + 1013904223;
        uint64_t object = 1 + (seed >> 10) % 40;
        uint64_t found;
        if (step % 500 == 0)
            bases_owner(bases, object, gettid());
        if (seed >> 30 == 0)
            bases_wrote(bases, object, who, object + 1000, seed >> 29 & 1);
        else if (seed >> 30 == 1)
            bases_read(bases, object, who, object + 1000);
        else if ((found = known(bases, object, who, object + 1000)) != 0 && found != object + 1000)
            return argument;
    }
    return NULL;
}

static void many_threads(void **state)
{
    (void)state;
    struct bases *bases = bases_create(CAPACITY);
    pthread_t threads[4];
    void *wrong;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_at_random, bases), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    bases_destroy(bases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_and_find),
        cmocka_unit_test(no_owner_no_note),
        cmocka_unit_test(written),
        cmocka_unit_test(forgotten),
        cmocka_unit_test(the_least_recent_goes),
        cmocka_unit_test(a_bound_kept),
        cmocka_unit_test(another_process_with_the_same_owner),
        cmocka_unit_test(the_same_number_again),
        cmocka_unit_test(who_is_gone_matches_nobody),
        cmocka_unit_test(another_thread),
        cmocka_unit_test(known_without_an_owner),
        cmocka_unit_test(known_by_another_thread_of_the_number),
        cmocka_unit_test(known_in_a_long_table),
        cmocka_unit_test(many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
