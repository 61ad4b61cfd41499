#pragma once

#include <stdbool.h>

// Loading a shared library that reads its environment while it is loaded. Names are file names as dlopen takes them.
// Loads of several threads exclude each other between begin and end.
void sotto_library_begin(void);
void sotto_library_end(void);

// Whether this process has the library already, whoever loaded it: a further load then reads no environment.
bool sotto_library_is_loaded(const char *name);

// Loads a library with all its symbols resolved and none of them visible to others; NULL if that fails. While it loads,
// the process's environment has `settings` before all others: `count` strings of the form NAME=VALUE. Not by setenv,
// which may free what another thread's getenv is reading: the old list of variables stays as it is, and the one in its
// place is never freed. A variable that another thread sets during the load may be lost.
void *sotto_library_open(const char *name, const char *const *settings, int count);

// Why the calling thread's last sotto_library_open failed.
const char *sotto_library_error(void);

// The address of a function or variable; NULL if the library has none such.
void *sotto_library_symbol(void *library, const char *name);

// Takes a load back; the library goes if there is no other.
void sotto_library_close(void *library);
