#include "scarce.h"

#include <stddef.h>

struct scarce scarce;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void scarce_begin(unsigned failing)
{
    scarce = (struct scarce){.failing = failing};
}

bool scarce_end(void)
{
    bool failed = scarce.failing > 0 && scarce.count >= scarce.failing;
    scarce.failing = 0;
    return failed;
}

bool scarce_fails(void)
{
    scarce.count++;
    return scarce.count == scarce.failing;
}

void *__wrap_malloc(size_t size)
{
    return scarce_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return scarce_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return scarce_fails() ? NULL : __real_realloc(memory, size);
}
