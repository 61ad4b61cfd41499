#pragma once

/// Keeps freed memory in the process for its next arrays, where the C library can be told so (glibc). Programs that make
/// and drop tensors of many megabytes otherwise spend their time on page faults.
void sotto_keep_freed_memory(void);

/// Gives freed memory back to the system now, where that can be asked for: what is allocated next is fresh.
void sotto_release_freed_memory(void);
