// What the paths of the products by limbs with AVX-512 share: packing, and sums put together.
#include "LimbGEMMKernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq")))

enum { LANES = 8 };

// Selects the first `count` of eight lanes.
SOTTO_INLINE __mmask8 lanes(size_t count) { return count >= LANES ? 0xff : (__mmask8)((1u << count) - 1); }

// --- Sums ---

// The sums of 256^s that only their lower 32 bits matter of, from `first` on, put together in 32 bits.
AVX512 SOTTO_INLINE __m512i upper_sums(const sotto_limb_sums *sums, size_t row, size_t first, size_t powers) {
    __m512i total = _mm512_setzero_si512();
    for (size_t s = powers; s-- > first;)
        total = _mm512_add_epi32(_mm512_slli_epi32(total, 8), _mm512_load_si512(sums[s] + row * SIDE));
    return total;
}

AVX512 void sotto_limbs_add_sums_avx512(
    const sotto_limb_sums *sums, size_t rows, size_t columns, unsigned width, uint64_t *c, size_t ldc) {
    size_t powers = (width + 7) / 8, first = width <= 32 ? 0 : (width - 32 + 7) / 8;
    __m512i mask = _mm512_set1_epi64((long long)sotto_limb_mask(width));
    for (size_t row = 0; row < rows; row++) {
        __m512i upper = upper_sums(sums, row, first, powers);
        for (size_t half = 0; half * LANES < columns; half++) {
            __m256i part = half ? _mm512_extracti64x4_epi64(upper, 1) : _mm512_castsi512_si256(upper);
            __m512i total = _mm512_cvtepi32_epi64(part);
            for (size_t s = first; s-- > 0;) {
                __m256i sum = _mm256_load_si256((const __m256i *)(sums[s] + row * SIDE + half * LANES));
                total = _mm512_add_epi64(_mm512_slli_epi64(total, 8), _mm512_cvtepi32_epi64(sum));
            }
            uint64_t *place = c + row * ldc + half * LANES;
            __mmask8 kept = lanes(columns - half * LANES);
            total = _mm512_add_epi64(total, _mm512_maskz_loadu_epi64(kept, place));
            _mm512_mask_storeu_epi64(place, kept, _mm512_and_si512(total, mask));
        }
    }
}

AVX512 void sotto_limbs_join_sums_avx512(const sotto_limb_sums *sums, size_t powers, sotto_limb_parts *parts) {
    sotto_limb_join(sums, powers, parts);
}

// --- Packing ---

// Word `word` of eight elements of `words` words, those beyond `count` zero.
AVX512 SOTTO_INLINE __m512i load_words(const uint64_t *elements, size_t words, size_t word, size_t count) {
    if (words == 1) return _mm512_maskz_loadu_epi64(lanes(count), elements);
    __m512i first = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    if (words == 2) {
        __m512i low = _mm512_maskz_loadu_epi64(lanes(2 * count), elements);
        __m512i high = _mm512_maskz_loadu_epi64(
            lanes(count < LANES / 2 ? 0 : 2 * count - LANES), elements + LANES);
        __m512i index = _mm512_add_epi64(_mm512_slli_epi64(first, 1), _mm512_set1_epi64((long long)word));
        return _mm512_permutex2var_epi64(low, index, high);
    }
    __m512i index = _mm512_mullo_epi64(first, _mm512_set1_epi64((long long)words));
    return _mm512_mask_i64gather_epi64(_mm512_setzero_si512(), lanes(count), index, elements + word, 8);
}

AVX512 SOTTO_INLINE void pack_bytes(
    size_t m, size_t k, size_t words, size_t limbs, const uint64_t *a, size_t lda, uint8_t *packed) {
    for (size_t i = 0; i < m; i += SIDE)
        for (size_t p = 0; p < k; p += DEPTH, packed += limbs * TILE)
            for (size_t row = 0; row < SIDE; row++) {
                const uint64_t *elements = a + ((i + row) * lda + p) * words;
                for (size_t step = 0; step < DEPTH; step += LANES) {
                    size_t count = i + row < m && p + step < k ? k - p - step : 0;
                    uint8_t *place = packed + row * DEPTH + step;
                    for (size_t limb = 0; limb < limbs;) {
                        __m512i word = load_words(
                            elements + step * words, words, limb / SOTTO_LIMBS_OF_WORD, count);
                        for (size_t b = 0; b < SOTTO_LIMBS_OF_WORD && limb < limbs; b++, limb++) {
                            _mm_storel_epi64((__m128i *)(place + limb * TILE), _mm512_cvtepi64_epi8(word));
                            word = _mm512_srli_epi64(word, 8);
                        }
                    }
                }
            }
}

AVX512 void sotto_limbs_pack_left_avx512(
    size_t m, size_t k, size_t words, size_t limbs, const uint64_t *a, size_t lda, uint8_t *packed) {
    // With constant numbers of words loads are plain.
    if (words == 1) pack_bytes(m, k, 1, limbs, a, lda, packed);
    else if (words == 2) pack_bytes(m, k, 2, limbs, a, lda, packed);
    else pack_bytes(m, k, words, limbs, a, lda, packed);
}

// Four steps of depth of eight columns: the bytes of each column's four words beside each other, limbs 0-3 of the even
// columns in [0], of the odd ones in [1], and limbs 4-7 in [2] and [3].
AVX512 SOTTO_INLINE void interleave(const __m512i word[4], __m512i out[4]) {
    __m512i even01 = _mm512_unpacklo_epi8(word[0], word[1]), odd01 = _mm512_unpackhi_epi8(word[0], word[1]);
    __m512i even23 = _mm512_unpacklo_epi8(word[2], word[3]), odd23 = _mm512_unpackhi_epi8(word[2], word[3]);
    out[0] = _mm512_unpacklo_epi16(even01, even23);
    out[1] = _mm512_unpacklo_epi16(odd01, odd23);
    out[2] = _mm512_unpackhi_epi16(even01, even23);
    out[3] = _mm512_unpackhi_epi16(odd01, odd23);
}

// Four steps of depth of all columns of a panel: up to eight limbs, 64 bytes of each.
AVX512 SOTTO_INLINE void store_digits(const __m512i low[4], const __m512i high[4], size_t limbs, uint8_t *place) {
    const __m512i even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
    const __m512i odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
    __m512i x[4], y[4];
    interleave(low, x);
    interleave(high, y);
    for (size_t quarter = 0; 4 * quarter < limbs; quarter++)
        for (size_t pair = 0; pair < 2 && 4 * quarter + 2 * pair < limbs; pair++) {
            __m512i *u = x + 2 * quarter, *v = y + 2 * quarter;
            __m512i first = pair ? _mm512_unpackhi_epi32(u[0], u[1]) : _mm512_unpacklo_epi32(u[0], u[1]);
            __m512i second = pair ? _mm512_unpackhi_epi32(v[0], v[1]) : _mm512_unpacklo_epi32(v[0], v[1]);
            size_t limb = 4 * quarter + 2 * pair;
            _mm512_store_si512(place + limb * TILE, _mm512_permutex2var_epi64(first, even, second));
            if (limb + 1 < limbs)
                _mm512_store_si512(place + (limb + 1) * TILE, _mm512_permutex2var_epi64(first, odd, second));
        }
}

AVX512 SOTTO_INLINE void pack_digits(
    size_t k, size_t n, size_t words, size_t limbs, sotto_limb_digits digits, const uint64_t *b, size_t ldb,
    uint8_t *packed) {
    const __m512i signs = _mm512_set1_epi8((char)0x80);
    const __m512i addend = digits == SOTTO_DIGITS_MODULAR ? signs : _mm512_setzero_si512();
    size_t depth = sotto_limb_tiles(k, DEPTH);
    for (size_t p = 0; p < k; p += 4)
        for (size_t j = 0; j < n; j += SIDE) {
            uint8_t *tile = packed + (j / SIDE * depth + p / DEPTH) * limbs * TILE + p % DEPTH * SIDE;
            for (size_t first = 0; first < limbs; first += SOTTO_LIMBS_OF_WORD) {
                __m512i word[2][4];
                for (size_t half = 0; half < 2; half++)
                    for (size_t step = 0; step < 4; step++) {
                        size_t column = j + half * LANES;
                        size_t count = p + step < k && column < n ? n - column : 0;
                        __m512i x = load_words(
                            b + ((p + step) * ldb + column) * words, words, first / SOTTO_LIMBS_OF_WORD, count);
                        word[half][step] = _mm512_xor_si512(_mm512_add_epi64(x, addend), signs);
                    }
                store_digits(
                    word[0], word[1], sotto_limb_min(SOTTO_LIMBS_OF_WORD, limbs - first), tile + first * TILE);
            }
        }
}

// Steps beyond the depth are zeros on the left, so that here they may be what is there.
AVX512 void sotto_limbs_pack_right_avx512(
    size_t k, size_t n, size_t words, size_t limbs, sotto_limb_digits digits, const uint64_t *b, size_t ldb,
    uint8_t *packed) {
    // With constant numbers of words loads are plain.
    if (words == 1) pack_digits(k, n, 1, limbs, digits, b, ldb, packed);
    else if (words == 2) pack_digits(k, n, 2, limbs, digits, b, ldb, packed);
    else pack_digits(k, n, words, limbs, digits, b, ldb, packed);
}

// Up to three digits from `limb` on of one step of depth, put together in 32 bits.
AVX512 SOTTO_INLINE __m512i three_digits(const uint8_t *place, size_t limb, size_t limbs, size_t step) {
    const __m128i above = _mm_cvtsi32_si128((int)(24 - 8 * step)), below = _mm_cvtsi32_si128(24);
    __m512i total = _mm512_setzero_si512();
    for (size_t next = sotto_limb_min(limb + 3, limbs); next-- > limb;) {
        __m512i digit = _mm512_sra_epi32(_mm512_sll_epi32(_mm512_load_si512(place + next * TILE), above), below);
        total = _mm512_add_epi32(_mm512_slli_epi32(total, 8), digit);
    }
    return total;
}

AVX512 SOTTO_INLINE __m512i widened(__m512i x, size_t half) {
    return _mm512_cvtepi32_epi64(half ? _mm512_extracti64x4_epi64(x, 1) : _mm512_castsi512_si256(x));
}

AVX512 void sotto_limbs_unpack_right_avx512(
    size_t k, size_t n, size_t limbs, const uint8_t *packed, size_t first, size_t count, uint64_t *b, size_t ldb) {
    size_t depth = sotto_limb_tiles(k, DEPTH);
    for (size_t p = first; p < first + count; p++)
        for (size_t j = 0; j < n; j += SIDE) {
            const uint8_t *place =
                packed + (j / SIDE * depth + p / DEPTH) * limbs * TILE + p % DEPTH / 4 * (4 * SIDE);
            __m512i lower = three_digits(place, 0, limbs, p % 4);
            __m512i middle = three_digits(place, 3, limbs, p % 4), upper = three_digits(place, 6, limbs, p % 4);
            for (size_t half = 0; half < 2 && j + half * LANES < n; half++) {
                __m512i word = _mm512_add_epi64(
                    _mm512_add_epi64(widened(lower, half), _mm512_slli_epi64(widened(middle, half), 24)),
                    _mm512_slli_epi64(widened(upper, half), 48));
                size_t column = j + half * LANES;
                _mm512_mask_storeu_epi64(b + (p - first) * ldb + column, lanes(n - column), word);
            }
        }
}

#endif
