#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// CRC-32C (Castagnoli): the reflected polynomial 0x82F63B78, started and ended with all bits inverted, so that the
// checksum of no bytes is 0 and that of "123456789" is 0xE3069283. It finds every error of up to 3 bits in messages of up
// to 2^31 bits and every burst of up to 32 bits; it does not stop who wants to deceive.

// The ways to compute it; all give the same result.
typedef enum {
    SOTTO_CRC32C_PORTABLE = 0,
    // The processor's own instruction: SSE4.2 on x86, the CRC extension on 64-bit ARM.
    SOTTO_CRC32C_INSTRUCTION = 1,
} sotto_crc32c_path;

// Whether this processor can run the path.
bool sotto_crc32c_available(sotto_crc32c_path path);

// The checksum of what `checksum` is of, followed by these bytes. The path must be available.
uint32_t sotto_crc32c(sotto_crc32c_path path, uint32_t checksum, const void *bytes, size_t count);
