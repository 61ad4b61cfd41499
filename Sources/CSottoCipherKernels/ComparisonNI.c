#include "ComparisonKernel.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define NI __attribute__((target("aes,sse2")))

enum { ROUNDS = 10, LANES = SOTTO_DCF_LANES };

// AES(x[i]) xor x[i] for the lanes of a group.
NI static inline __attribute__((always_inline)) void hash_group(const __m128i *keys, __m128i x[LANES]) {
    __m128i y[LANES];
    for (int i = 0; i < LANES; i++) y[i] = _mm_xor_si128(x[i], keys[0]);
    for (int round = 1; round < ROUNDS; round++)
        for (int i = 0; i < LANES; i++) y[i] = _mm_aesenc_si128(y[i], keys[round]);
    for (int i = 0; i < LANES; i++) x[i] = _mm_xor_si128(x[i], _mm_aesenclast_si128(y[i], keys[ROUNDS]));
}

NI static inline void load_keys(const uint8_t round_keys[176], __m128i keys[ROUNDS + 1]) {
    for (int i = 0; i <= ROUNDS; i++) keys[i] = _mm_loadu_si128((const __m128i *)round_keys + i);
}

// A component's words of all lanes: half a block each.
NI static inline void component_words(const __m128i blocks[LANES], bool is_high, uint64_t words[LANES]) {
    for (int i = 0; i < LANES; i++)
        words[i] = (uint64_t)_mm_cvtsi128_si64(is_high ? _mm_unpackhi_epi64(blocks[i], blocks[i]) : blocks[i]);
}

NI void sotto_dcf_descend_ni(
    const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes, unsigned level,
    bool has_seeds) {
    __m128i aes[ROUNDS + 1];
    load_keys(round_keys, aes);
    const unsigned shift = keys->input_bits - 1 - level, components = keys->components;
    const size_t words = (keys->count + 63) / 64;
    const __m128i lowest = _mm_set_epi64x(0, 1);
    for (size_t group = 0; group < lanes->keys * lanes->groups; group++) {
        const size_t key = lanes->first_key + group / lanes->groups;
        const uint64_t *points = lanes->points + group * LANES;
        uint64_t *control = lanes->control + group * LANES;
        __m128i *seeds = (__m128i *)lanes->seeds + group * LANES;
        uint64_t *sums = lanes->sums + group * LANES * components;
        const uint64_t *values = keys->values + (level * keys->count + key) * components;
        for (unsigned block = 0; block < (components + 1) / 2; block++) {
            __m128i x[LANES];
            for (int i = 0; i < LANES; i++)
                x[i] = _mm_xor_si128(_mm_loadu_si128(seeds + i), _mm_set_epi64x(block + 1, 0));
            hash_group(aes, x);
            for (unsigned component = 2 * block; component < components && component < 2 * block + 2; component++) {
                uint64_t own[LANES];
                component_words(x, component & 1, own);
                for (int i = 0; i < LANES; i++) {
                    const uint64_t goes_left = ((points[i] >> shift) & 1) - 1;
                    sums[component * LANES + i] += goes_left & (own[i] + (control[i] & values[component]));
                }
            }
        }
        if (!has_seeds) continue;
        const uint64_t right = keys->right_bits[level * words + (key >> 6)] >> (key & 63) & 1;
        const __m128i correction = _mm_loadu_si128((const __m128i *)keys->seeds + level * keys->count + key);
        const uint64_t left = (uint64_t)_mm_cvtsi128_si64(correction) & 1;
        __m128i x[LANES];
        for (int i = 0; i < LANES; i++)
            x[i] = _mm_xor_si128(_mm_loadu_si128(seeds + i), _mm_set_epi64x(0, (points[i] >> shift) & 1));
        hash_group(aes, x);
        for (int i = 0; i < LANES; i++) {
            const uint64_t goes_right = (points[i] >> shift) & 1;
            const uint64_t bit = (uint64_t)_mm_cvtsi128_si64(x[i]) ^ (control[i] & (left ^ (goes_right & (left ^ right))));
            const __m128i corrected = _mm_xor_si128(x[i], _mm_and_si128(correction, _mm_set1_epi64x((long long)control[i])));
            _mm_storeu_si128(seeds + i, _mm_andnot_si128(lowest, corrected));
            control[i] = 0 - (bit & 1);
        }
    }
}

NI void sotto_dcf_finish_ni(const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes) {
    __m128i aes[ROUNDS + 1];
    load_keys(round_keys, aes);
    const unsigned components = keys->components, blocks = (components + 1) / 2;
    const unsigned levels = keys->input_bits - keys->leaf_bits;
    const uint64_t last = ((uint64_t)1 << keys->leaf_bits) - 1;
    for (size_t group = 0; group < lanes->keys * lanes->groups; group++) {
        const size_t key = lanes->first_key + group / lanes->groups;
        const uint64_t *points = lanes->points + group * LANES;
        const uint64_t *control = lanes->control + group * LANES;
        const __m128i *seeds = (const __m128i *)lanes->seeds + group * LANES;
        uint64_t *sums = lanes->sums + group * LANES * components;
        for (unsigned block = 0; block < blocks; block++) {
            __m128i x[LANES];
            for (int i = 0; i < LANES; i++)
                x[i] = _mm_xor_si128(
                    _mm_loadu_si128(seeds + i),
                    _mm_set_epi64x((long long)((points[i] & last) * blocks + block + 1), 0));
            hash_group(aes, x);
            for (unsigned component = 2 * block; component < components && component < 2 * block + 2; component++) {
                uint64_t own[LANES];
                component_words(x, component & 1, own);
                for (int i = 0; i < LANES; i++) {
                    // The last point of a leaf has no entry. Points are public.
                    const uint64_t entry = points[i] & last;
                    if (entry == last) continue;
                    const uint64_t correction =
                        keys->values[((levels + entry) * keys->count + key) * components + component];
                    sums[component * LANES + i] += own[i] + (control[i] & correction);
                }
            }
        }
    }
}

#endif
