#include "CMemory.h"

#if defined(__GLIBC__) || defined(__linux__)
#include <features.h>
#endif

#if defined(__GLIBC__)
#include <limits.h>
#include <malloc.h>

void sotto_keep_freed_memory(void) {
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    mallopt(M_TOP_PAD, 64 << 20);
    mallopt(M_ARENA_MAX, 1);
}

void sotto_release_freed_memory(void) { malloc_trim(0); }
#else
void sotto_keep_freed_memory(void) {}

void sotto_release_freed_memory(void) {}
#endif
