#include "ComparisonKernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define NI __attribute__((target("aes,sse2")))
#define INLINE NI static inline __attribute__((always_inline))

enum { ROUNDS = 10, LANES = SOTTO_DCF_LANES };

// AES(x[i]) xor x[i] for the lanes of a group.
INLINE void hash_group(const __m128i *keys, __m128i x[LANES]) {
    __m128i y[LANES];
    for (int i = 0; i < LANES; i++) y[i] = _mm_xor_si128(x[i], keys[0]);
    for (int round = 1; round < ROUNDS; round++)
        for (int i = 0; i < LANES; i++) y[i] = _mm_aesenc_si128(y[i], keys[round]);
    for (int i = 0; i < LANES; i++) x[i] = _mm_xor_si128(x[i], _mm_aesenclast_si128(y[i], keys[ROUNDS]));
}

INLINE void load_keys(const uint8_t round_keys[176], __m128i keys[ROUNDS + 1]) {
    for (int i = 0; i <= ROUNDS; i++) keys[i] = _mm_loadu_si128((const __m128i *)round_keys + i);
}

// All ones in both words where a word's lowest bit is set.
INLINE __m128i all_ones(uint64_t bit) { return _mm_set1_epi64x((long long)(0 - (bit & 1))); }

// A lane's key; lanes of no key count as the last one's.
static inline size_t key_of(const sotto_dcf_lanes *lanes, size_t lane) {
    const size_t key = lane / lanes->lanes_of_key;
    return lanes->first_key + (key < lanes->keys ? key : lanes->keys - 1);
}

// A key's correction of a block of values, from a row of components.
INLINE __m128i correction_of(const sotto_dcf_keys *keys, const uint64_t *row, unsigned block) {
    const unsigned of_block = sotto_dcf_components_of_block(keys);
    uint64_t words[SOTTO_DCF_NARROW] = {0};
    for (unsigned i = 0; i < of_block && block * of_block + i < keys->components; i++) words[i] = row[block * of_block + i];
    return keys->is_narrow ? _mm_set_epi32((int)words[3], (int)words[2], (int)words[1], (int)words[0])
                           : _mm_set_epi64x((long long)words[1], (long long)words[0]);
}

// Adds a lane's block of values, corrected where its control bit is set, to its sums where `counts` is set.
INLINE void add_values(
    const sotto_dcf_keys *keys, uint8_t *sums, __m128i own, __m128i correction, __m128i control, __m128i counts) {
    const __m128i sum = _mm_loadu_si128((const __m128i *)sums), wanted = _mm_and_si128(control, correction);
    const __m128i result = keys->is_narrow
                               ? _mm_add_epi32(sum, _mm_and_si128(counts, _mm_add_epi32(own, wanted)))
                               : _mm_add_epi64(sum, _mm_and_si128(counts, _mm_add_epi64(own, wanted)));
    _mm_storeu_si128((__m128i *)sums, result);
}

NI void sotto_dcf_descend_ni(
    const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes, unsigned level,
    bool has_seeds) {
    __m128i aes[ROUNDS + 1];
    load_keys(round_keys, aes);
    const unsigned shift = keys->input_bits - 1 - level, blocks = sotto_dcf_value_blocks(keys);
    const size_t words = (keys->count + 63) / 64;
    const __m128i lowest = _mm_set_epi64x(0, 1);
    for (size_t first = 0; first < lanes->groups * LANES; first += LANES) {
        __m128i *seeds = (__m128i *)lanes->seeds + first, *control = (__m128i *)lanes->control + first;
        // Of the first lanes and of the last two.
        const size_t key[2] = {key_of(lanes, first), key_of(lanes, first + 2)};
        __m128i x[LANES], is_right[LANES];
        for (int i = 0; i < LANES; i++) is_right[i] = all_ones(lanes->points[first + (size_t)i] >> shift);
        for (unsigned block = 0; block < blocks; block++) {
            for (int i = 0; i < LANES; i++) x[i] = _mm_xor_si128(_mm_loadu_si128(seeds + i), _mm_set_epi64x(block + 1, 0));
            hash_group(aes, x);
            __m128i corrections[2];
            for (int half = 0; half < 2; half++)
                corrections[half] =
                    half == 1 && key[1] == key[0]
                        ? corrections[0]
                        : correction_of(
                              keys, keys->values + (level * keys->count + key[half]) * keys->components, block);
            for (int i = 0; i < LANES; i++)
                add_values(
                    keys, lanes->sums + 16 * (blocks * first + LANES * block + (size_t)i), x[i], corrections[i / 2],
                    _mm_loadu_si128(control + i), _mm_xor_si128(is_right[i], _mm_set1_epi8(-1)));
        }
        if (!has_seeds) continue;
        for (int i = 0; i < LANES; i++)
            x[i] = _mm_xor_si128(_mm_loadu_si128(seeds + i), _mm_and_si128(is_right[i], lowest));
        hash_group(aes, x);
        __m128i left[2], right[2];
        for (int half = 0; half < 2; half++) {
            left[half] = _mm_loadu_si128((const __m128i *)keys->seeds + level * keys->count + key[half]);
            right[half] = _mm_set1_epi64x(
                (long long)(keys->right_bits[level * words + (key[half] >> 6)] >> (key[half] & 63)));
        }
        for (int i = 0; i < LANES; i++) {
            // Left children's control bits are corrected by the lowest bit of the seed's correction, right ones' by their own.
            const __m128i difference =
                _mm_and_si128(_mm_xor_si128(left[i / 2], right[i / 2]), _mm_and_si128(is_right[i], lowest));
            const __m128i correction =
                _mm_and_si128(_mm_loadu_si128(control + i), _mm_xor_si128(left[i / 2], difference));
            const __m128i corrected = _mm_xor_si128(x[i], correction);
            _mm_storeu_si128(seeds + i, _mm_andnot_si128(lowest, corrected));
            _mm_storeu_si128(control + i, all_ones((uint64_t)_mm_cvtsi128_si64(corrected)));
        }
    }
}

NI void sotto_dcf_finish_ni(const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes) {
    __m128i aes[ROUNDS + 1];
    load_keys(round_keys, aes);
    const unsigned blocks = sotto_dcf_value_blocks(keys), levels = keys->input_bits - keys->leaf_bits;
    const uint64_t last = ((uint64_t)1 << keys->leaf_bits) - 1;
    for (size_t first = 0; first < lanes->groups * LANES; first += LANES) {
        const uint64_t *points = lanes->points + first;
        const size_t key[2] = {key_of(lanes, first), key_of(lanes, first + 2)};
        const __m128i *seeds = (const __m128i *)lanes->seeds + first, *control = (const __m128i *)lanes->control + first;
        for (unsigned block = 0; block < blocks; block++) {
            __m128i x[LANES];
            for (int i = 0; i < LANES; i++)
                x[i] = _mm_xor_si128(
                    _mm_loadu_si128(seeds + i),
                    _mm_set_epi64x((long long)((points[i] & last) * blocks + block + 1), 0));
            hash_group(aes, x);
            for (int i = 0; i < LANES; i++) {
                // The last point of a leaf has no entry. Points are public.
                const uint64_t entry = points[i] & last;
                if (entry == last) continue;
                const size_t row = (levels + entry) * keys->count + key[i / 2];
                add_values(
                    keys, lanes->sums + 16 * (blocks * first + LANES * block + (size_t)i), x[i],
                    correction_of(keys, keys->values + row * keys->components, block), _mm_loadu_si128(control + i),
                    _mm_set1_epi8(-1));
            }
        }
    }
}

#endif
