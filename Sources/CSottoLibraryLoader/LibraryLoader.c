// Shared libraries, loaded with variables of their own in the environment.
#include "CLibraryLoader.h"

// macOS links what Linux loads.
#if !defined(__APPLE__)

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

void sotto_library_begin(void) { pthread_mutex_lock(&loading); }

void sotto_library_end(void) { pthread_mutex_unlock(&loading); }

bool sotto_library_is_loaded(const char *name) {
    void *library = dlopen(name, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
    if (!library) return false;
    dlclose(library);
    return true;
}

// The variables of `list` behind `settings`, of which getenv finds the first; NULL without memory.
static char **with_settings(char **list, const char *const *settings, int count) {
    int others = 0;
    while (list && list[others]) others++;
    char **joined = malloc(((size_t)count + (size_t)others + 1) * sizeof *joined);
    if (!joined) return NULL;
    for (int i = 0; i < count; i++) {
        joined[i] = strdup(settings[i]);
        if (!joined[i]) {
            while (i > 0) free(joined[--i]);
            free(joined);
            return NULL;
        }
    }
    if (others > 0) memcpy(joined + count, list, (size_t)others * sizeof *joined);
    joined[count + others] = NULL;
    return joined;
}

void *sotto_library_open(const char *name, const char *const *settings, int count) {
    char **before = __atomic_load_n(&environ, __ATOMIC_ACQUIRE);
    char **during = count > 0 ? with_settings(before, settings, count) : NULL;
    if (during) __atomic_store_n(&environ, during, __ATOMIC_RELEASE);
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    // Unless another thread has set a variable, which made a list of its own.
    if (during) __atomic_compare_exchange_n(&environ, &during, before, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    return library;
}

const char *sotto_library_error(void) {
    const char *reason = dlerror();
    return reason ? reason : "no reason given";
}

void *sotto_library_symbol(void *library, const char *name) { return dlsym(library, name); }

void sotto_library_close(void *library) { dlclose(library); }

#endif
