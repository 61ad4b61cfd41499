#include "ComparisonKernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

// What walks need beside the cipher, for processors that have vectors of 512 bits anyway.
#define AVX512 __attribute__((target("avx512f,avx512vl,avx512dq")))

enum { LANES = SOTTO_DCF_LANES };

// A key's points of one group, and where its cluster's leaders stand among the key's.
typedef struct {
    __mmask8 points;
    __m256i first, last;
} group_places;

AVX512 static group_places places_of(const sotto_dcf_points *points, size_t group) {
    group_places result = {.points = 0};
    long long first[LANES], last[LANES];
    for (size_t i = 0; i < LANES; i++) {
        const size_t lane = group * LANES + i;
        if (lane < points->per_key) result.points |= (__mmask8)(1u << i);
        const size_t number = lane < points->per_key ? lane : 0;
        first[i] = points->first_choices[number];
        last[i] = points->last_choices[number];
    }
    result.first = _mm256_loadu_si256((const __m256i *)first);
    result.last = _mm256_loadu_si256((const __m256i *)last);
    return result;
}

// All keys' lanes of one group, from the only group of their leaders.
AVX512 static void part_group(
    const sotto_dcf_lanes *leaders, sotto_dcf_lanes *lanes, const sotto_dcf_points *points, size_t group, unsigned blocks,
    unsigned shift) {
    const group_places places = places_of(points, group);
    const __m512i both_words = _mm512_setr_epi64(0, 1, 0, 1, 0, 1, 0, 1);
    const __m512i twice = _mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3);
    const size_t groups = lanes->lanes_of_key / LANES;
    for (size_t key = 0; key < lanes->keys; key++) {
        const uint64_t *wanted = points->values + key * points->per_key;
        // Lanes of no point go to the key's first.
        const __m256i point = _mm256_mask_loadu_epi64(
            _mm256_set1_epi64x((long long)wanted[0]), places.points, wanted + group * LANES);
        const __m256i leader = _mm256_permutexvar_epi64(
            places.first, _mm256_loadu_si256((const __m256i *)(leaders->points + LANES * key)));
        const __m256i apart = _mm256_srl_epi64(_mm256_xor_si256(leader, point), _mm_cvtsi32_si128((int)shift));
        const __m256i from =
            _mm256_mask_mov_epi64(places.first, _mm256_test_epi64_mask(apart, apart), places.last);
        // Both words of a leader's block.
        const __m512i words = _mm512_add_epi64(
            _mm512_slli_epi64(_mm512_permutexvar_epi64(twice, _mm512_castsi256_si512(from)), 1), both_words);
        const size_t to = key * groups + group;
        _mm256_storeu_si256((__m256i *)(lanes->points + LANES * to), point);
        _mm512_storeu_si512(
            lanes->seeds + 16 * LANES * to,
            _mm512_permutexvar_epi64(words, _mm512_loadu_si512(leaders->seeds + 16 * LANES * key)));
        _mm512_storeu_si512(
            lanes->control + 16 * LANES * to,
            _mm512_permutexvar_epi64(words, _mm512_loadu_si512(leaders->control + 16 * LANES * key)));
        for (unsigned block = 0; block < blocks; block++)
            _mm512_storeu_si512(
                lanes->sums + 16 * LANES * (to * blocks + block),
                _mm512_permutexvar_epi64(
                    words, _mm512_loadu_si512(leaders->sums + 16 * LANES * (key * blocks + block))));
    }
}

bool sotto_dcf_part_vaes(
    const sotto_dcf_lanes *leaders, sotto_dcf_lanes *lanes, const sotto_dcf_points *points, unsigned blocks,
    unsigned shift) {
    if (leaders->lanes_of_key != LANES || lanes->lanes_of_key % LANES != 0) return false;
    for (size_t group = 0; group < lanes->lanes_of_key / LANES; group++)
        part_group(leaders, lanes, points, group, blocks, shift);
    return true;
}

AVX512 bool sotto_dcf_collect_vaes(
    const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes, size_t per_key, bool is_server, uint64_t *out) {
    if (!keys->is_narrow || keys->components > SOTTO_DCF_NARROW) return false;
    const __m256i sign = _mm256_set1_epi64x(is_server ? 0 : -1);
    const __mmask8 components = (__mmask8)((1u << keys->components) - 1);
    for (size_t key = 0; key < lanes->keys; key++) {
        const uint8_t *sums = lanes->sums + 16 * key * lanes->lanes_of_key;
        for (size_t point = 0; point < per_key; point++) {
            const __m256i words = _mm256_cvtepu32_epi64(_mm_loadu_si128((const __m128i *)(sums + 16 * point)));
            _mm256_mask_storeu_epi64(out, components, _mm256_sub_epi64(_mm256_xor_si256(words, sign), sign));
            out += keys->components;
        }
    }
    return true;
}

#endif
