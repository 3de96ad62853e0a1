/* process: what proc(5) knows of a caller. FUSE names a thread; these find its process. */
#ifndef PERSISTFS_FS_PROCESS_H
#define PERSISTFS_FS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
    pid_t pid;     /* the thread group; the thread itself when nothing is known of it */
    char comm[16]; /* the thread's name, NUL-terminated; "" when unknown */
};

/* One read of /proc/TID/status. */
struct process process_of(pid_t tid);

/* When the process began, in nanoseconds of CLOCK_BOOTTIME rounded down to the kernel's clock tick;
 * -1 when that cannot be told. */
int64_t process_start(pid_t pid);
int64_t process_tick(void); /* the length of that tick, nanoseconds */

/* The parent's id; 0 when that cannot be told. */
pid_t process_parent(pid_t pid);

/* The threads of the process that `tid` is of, that one first, and at most `capacity` of them.
 * Returns how many; 1 when they cannot be told. */
size_t process_threads(pid_t tid, pid_t *ret_tids, size_t capacity);

/* Whether that thread lives and belongs to the process. */
bool process_has_thread(pid_t pid, pid_t tid);

/* Whether the thread has the group among its supplementary ones. */
bool process_has_group(pid_t tid, gid_t gid);

/* Whether the caller's process has a descriptor, open for writing, of the file with that inode
 * number (fdinfo of proc(5); no call to the file system is made). `unknown` is the answer when it
 * may not be looked at. */
bool process_has_writable(pid_t tid, uint64_t inode, bool unknown);

#endif
