#include "CCipherKernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define NI __attribute__((target("aes,sse2")))
#define VAES __attribute__((target("avx512f,vaes")))

enum { ROUNDS = 10, NI_LANES = 8, VAES_REGISTERS = 8 };

bool sotto_aes_available(sotto_aes_path path) {
    __builtin_cpu_init();
    bool has_instructions = __builtin_cpu_supports("aes");
    if (path == SOTTO_AES_NI) return has_instructions;
    return has_instructions && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("vaes");
}

NI static __m128i next_key(__m128i key, __m128i assist) {
    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
    return _mm_xor_si128(key, _mm_shuffle_epi32(assist, 0xff));
}

NI void sotto_aes_expand(const uint8_t key[16], uint8_t round_keys[176]) {
    __m128i k = _mm_loadu_si128((const __m128i *)key);
    __m128i *out = (__m128i *)round_keys;
    _mm_storeu_si128(out, k);
#define ROUND(i, constant)                                      \
    k = next_key(k, _mm_aeskeygenassist_si128(k, constant));    \
    _mm_storeu_si128(out + i, k);
    ROUND(1, 0x01) ROUND(2, 0x02) ROUND(3, 0x04) ROUND(4, 0x08) ROUND(5, 0x10)
    ROUND(6, 0x20) ROUND(7, 0x40) ROUND(8, 0x80) ROUND(9, 0x1b) ROUND(10, 0x36)
#undef ROUND
}

NI static inline __attribute__((always_inline)) void hash_lanes(
    const __m128i keys[ROUNDS + 1], const uint8_t *in, uint8_t *out, size_t lanes) {
    __m128i x[NI_LANES], y[NI_LANES];
    for (size_t i = 0; i < lanes; i++) {
        x[i] = _mm_loadu_si128((const __m128i *)in + i);
        y[i] = _mm_xor_si128(x[i], keys[0]);
    }
    for (int round = 1; round < ROUNDS; round++)
        for (size_t i = 0; i < lanes; i++) y[i] = _mm_aesenc_si128(y[i], keys[round]);
    for (size_t i = 0; i < lanes; i++)
        _mm_storeu_si128((__m128i *)out + i, _mm_xor_si128(_mm_aesenclast_si128(y[i], keys[ROUNDS]), x[i]));
}

NI static void hash_ni(const uint8_t round_keys[176], const uint8_t *in, uint8_t *out, size_t count) {
    __m128i keys[ROUNDS + 1];
    for (int i = 0; i <= ROUNDS; i++) keys[i] = _mm_loadu_si128((const __m128i *)round_keys + i);
    size_t i = 0;
    for (; i + NI_LANES <= count; i += NI_LANES) hash_lanes(keys, in + 16 * i, out + 16 * i, NI_LANES);
    for (; i < count; i++) hash_lanes(keys, in + 16 * i, out + 16 * i, 1);
}

VAES static inline __attribute__((always_inline)) void hash_registers(
    const __m512i keys[ROUNDS + 1], const uint8_t *in, uint8_t *out, size_t registers) {
    __m512i x[VAES_REGISTERS], y[VAES_REGISTERS];
    for (size_t i = 0; i < registers; i++) {
        x[i] = _mm512_loadu_si512(in + 64 * i);
        y[i] = _mm512_xor_si512(x[i], keys[0]);
    }
    for (int round = 1; round < ROUNDS; round++)
        for (size_t i = 0; i < registers; i++) y[i] = _mm512_aesenc_epi128(y[i], keys[round]);
    for (size_t i = 0; i < registers; i++)
        _mm512_storeu_si512(out + 64 * i, _mm512_xor_si512(_mm512_aesenclast_epi128(y[i], keys[ROUNDS]), x[i]));
}

VAES static void hash_vaes(const uint8_t round_keys[176], const uint8_t *in, uint8_t *out, size_t count) {
    __m512i keys[ROUNDS + 1];
    for (int i = 0; i <= ROUNDS; i++)
        keys[i] = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)round_keys + i));
    size_t i = 0;
    for (; i + 4 * VAES_REGISTERS <= count; i += 4 * VAES_REGISTERS)
        hash_registers(keys, in + 16 * i, out + 16 * i, VAES_REGISTERS);
    for (; i + 4 <= count; i += 4) hash_registers(keys, in + 16 * i, out + 16 * i, 1);
    if (i == count) return;
    // The last one to three blocks.
    __mmask8 mask = (__mmask8)((1u << (2 * (count - i))) - 1);
    __m512i x = _mm512_maskz_loadu_epi64(mask, in + 16 * i);
    __m512i y = _mm512_xor_si512(x, keys[0]);
    for (int round = 1; round < ROUNDS; round++) y = _mm512_aesenc_epi128(y, keys[round]);
    y = _mm512_xor_si512(_mm512_aesenclast_epi128(y, keys[ROUNDS]), x);
    _mm512_mask_storeu_epi64(out + 16 * i, mask, y);
}

void sotto_aes_mmo(sotto_aes_path path, const uint8_t round_keys[176], const uint8_t *in, uint8_t *out, size_t count) {
    if (path == SOTTO_VAES) {
        hash_vaes(round_keys, in, out, count);
    } else {
        hash_ni(round_keys, in, out, count);
    }
}

#else

bool sotto_aes_available(sotto_aes_path path) { return false; }
void sotto_aes_expand(const uint8_t key[16], uint8_t round_keys[176]) {}
void sotto_aes_mmo(sotto_aes_path path, const uint8_t round_keys[176], const uint8_t *in, uint8_t *out, size_t count) {}

#endif
