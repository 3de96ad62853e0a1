/* clock: time as 64-bit nanoseconds, and its spelling. */
#ifndef PERSISTFS_BASE_CLOCK_H
#define PERSISTFS_BASE_CLOCK_H

#include "store/base/buf.h"

#include <stdint.h>

#define CLOCK_SECOND 1000000000

int64_t clock_realtime(void);  /* since 1970-01-01T00:00:00Z, clock_gettime(2) CLOCK_REALTIME */
int64_t clock_monotonic(void); /* CLOCK_MONOTONIC */
int64_t clock_boottime(void);  /* CLOCK_BOOTTIME: what /proc/PID/stat counts starttime in */

/* Appends a real time as RFC 3339 in UTC with microseconds: 2026-11-21T10:00:00.000000Z. */
void clock_append(struct buf *buf, int64_t realtime);

#endif
