#include "store/base/clock.h"

#include <time.h>

static int64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * CLOCK_SECOND + time.tv_nsec;
}

int64_t clock_realtime(void)
{
    return now(CLOCK_REALTIME);
}

int64_t clock_monotonic(void)
{
    return now(CLOCK_MONOTONIC);
}

int64_t clock_boottime(void)
{
    return now(CLOCK_BOOTTIME);
}

void clock_append(struct buf *buf, int64_t realtime)
{
    time_t seconds = (time_t)(realtime / CLOCK_SECOND);
    int64_t rest = realtime % CLOCK_SECOND;
    if (rest < 0) {
        seconds--;
        rest += CLOCK_SECOND;
    }
    struct tm parts;
    char text[64] = "";
    if (gmtime_r(&seconds, &parts))
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    buf_printf(buf, "%s.%06dZ", text, (int)(rest / 1000));
}
