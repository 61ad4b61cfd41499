#include "ComparisonKernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define VAES __attribute__((target("avx512f,avx512vl,avx512dq,vaes")))
#define INLINE VAES static inline __attribute__((always_inline))

enum { ROUNDS = 10, LANES = SOTTO_DCF_LANES };

// A register holds a group: a block of each lane.

INLINE void load_keys(const uint8_t round_keys[176], __m512i keys[ROUNDS + 1]) {
    for (int i = 0; i <= ROUNDS; i++)
        keys[i] = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)round_keys + i));
}

// AES(x[i]) xor x[i].
INLINE void hash(const __m512i keys[ROUNDS + 1], __m512i *x, int count) {
    __m512i y[12];
    for (int i = 0; i < count; i++) y[i] = _mm512_xor_si512(x[i], keys[0]);
    for (int round = 1; round < ROUNDS; round++)
        for (int i = 0; i < count; i++) y[i] = _mm512_aesenc_epi128(y[i], keys[round]);
    for (int i = 0; i < count; i++) x[i] = _mm512_xor_si512(x[i], _mm512_aesenclast_epi128(y[i], keys[ROUNDS]));
}

// A word of each lane, in both words of its block.
INLINE __m512i spread(__m256i words) {
    return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3), _mm512_castsi256_si512(words));
}

// The first, or the second, word of each lane's block.
INLINE __m256i words(__m512i blocks, int is_high) {
    const __m512i places =
        is_high ? _mm512_setr_epi64(1, 3, 5, 7, 1, 3, 5, 7) : _mm512_setr_epi64(0, 2, 4, 6, 0, 2, 4, 6);
    return _mm512_castsi512_si256(_mm512_permutexvar_epi64(places, blocks));
}

// What does not change from group to group.
typedef struct {
    __m512i aes[ROUNDS + 1];
    const sotto_dcf_keys *keys;
    const sotto_dcf_lanes *lanes;
    unsigned level, shift;
    bool has_seeds;
} walk;

// `width` groups from `first` on, with so many blocks of values; constants when inlined, so that all of a group's blocks are
// under way together.
INLINE void descend_groups(const walk *w, size_t first, int width, int blocks, unsigned components) {
    const sotto_dcf_lanes *lanes = w->lanes;
    const sotto_dcf_keys *keys = w->keys;
    const size_t bit_words = (keys->count + 63) / 64;
    __m512i x[12];
    __m256i goes_right[4];
    for (int g = 0; g < width; g++) {
        const size_t group = first + (size_t)g;
        const __m512i seed = _mm512_loadu_si512(lanes->seeds + 16 * LANES * group);
        goes_right[g] = _mm256_and_si256(
            _mm256_srl_epi64(
                _mm256_loadu_si256((const __m256i *)(lanes->points + LANES * group)), _mm_cvtsi32_si128((int)w->shift)),
            _mm256_set1_epi64x(1));
        for (int block = 0; block < blocks; block++)
            x[g * (blocks + 1) + block] =
                _mm512_xor_si512(seed, _mm512_maskz_set1_epi64(0xaa, block + 1));
        x[g * (blocks + 1) + blocks] =
            _mm512_xor_si512(seed, _mm512_maskz_mov_epi64(0x55, spread(goes_right[g])));
    }
    hash(w->aes, x, width * (blocks + 1));
    for (int g = 0; g < width; g++) {
        const size_t group = first + (size_t)g, key = lanes->first_key + group / lanes->groups;
        __m256i *sums = (__m256i *)(lanes->sums + group * LANES * components);
        const __m256i control = _mm256_loadu_si256((const __m256i *)(lanes->control + LANES * group));
        const __mmask8 goes_left = _mm256_testn_epi64_mask(goes_right[g], goes_right[g]);
        const uint64_t *values = keys->values + (w->level * keys->count + key) * components;
        for (unsigned component = 0; component < components; component++) {
            const __m256i own = words(x[g * (blocks + 1) + (int)component / 2], component & 1);
            const __m256i corrected =
                _mm256_add_epi64(own, _mm256_and_si256(control, _mm256_set1_epi64x((long long)values[component])));
            const __m256i sum = _mm256_loadu_si256(sums + component);
            _mm256_storeu_si256(sums + component, _mm256_mask_add_epi64(sum, goes_left, sum, corrected));
        }
        if (!w->has_seeds) continue;
        const uint64_t right = keys->right_bits[w->level * bit_words + (key >> 6)] >> (key & 63) & 1;
        const __m512i correction = _mm512_broadcast_i32x4(
            _mm_loadu_si128((const __m128i *)keys->seeds + w->level * keys->count + key));
        const __m512i child = x[g * (blocks + 1) + blocks];
        const __m512i corrected = _mm512_xor_si512(child, _mm512_and_si512(spread(control), correction));
        // Left children's control bits are corrected by the lowest bit of the seed's correction, right ones' by their own.
        const __m256i by_right = _mm256_and_si256(control, _mm256_set1_epi64x((long long)right));
        const __m256i bit = _mm256_mask_mov_epi64(
            _mm256_xor_si256(words(child, 0), by_right), goes_left, words(corrected, 0));
        _mm512_storeu_si512(
            lanes->seeds + 16 * LANES * group, _mm512_andnot_si512(_mm512_maskz_set1_epi64(0x55, 1), corrected));
        _mm256_storeu_si256(
            (__m256i *)(lanes->control + LANES * group),
            _mm256_sub_epi64(_mm256_setzero_si256(), _mm256_and_si256(bit, _mm256_set1_epi64x(1))));
    }
}

// Up to twelve registers are under way, with at most four groups.
VAES static void descend_1(const walk *w, size_t groups, unsigned components) {
    size_t group = 0;
    for (; group + 4 <= groups; group += 4) descend_groups(w, group, 4, 1, components);
    for (; group < groups; group++) descend_groups(w, group, 1, 1, components);
}

VAES static void descend_2(const walk *w, size_t groups, unsigned components) {
    size_t group = 0;
    for (; group + 4 <= groups; group += 4) descend_groups(w, group, 4, 2, components);
    for (; group < groups; group++) descend_groups(w, group, 1, 2, components);
}

VAES static void descend_many(const walk *w, size_t groups, int blocks, unsigned components) {
    for (size_t group = 0; group < groups; group++) descend_groups(w, group, 1, blocks, components);
}

VAES void sotto_dcf_descend_vaes(
    const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes, unsigned level,
    bool has_seeds) {
    walk w = {.keys = keys, .lanes = lanes, .level = level, .shift = keys->input_bits - 1 - level, .has_seeds = has_seeds};
    load_keys(round_keys, w.aes);
    const size_t groups = lanes->keys * lanes->groups;
    switch (keys->components) {
    case 1: descend_1(&w, groups, 1); break;
    case 2: descend_1(&w, groups, 2); break;
    case 3: descend_2(&w, groups, 3); break;
    case 4: descend_2(&w, groups, 4); break;
    default: descend_many(&w, groups, (int)(keys->components + 1) / 2, keys->components);
    }
}

// As `descend_groups`, of leaves.
INLINE void finish_groups(const walk *w, size_t first, int width, int blocks, unsigned components) {
    const sotto_dcf_lanes *lanes = w->lanes;
    const sotto_dcf_keys *keys = w->keys;
    const uint64_t last = ((uint64_t)1 << keys->leaf_bits) - 1;
    __m512i x[12];
    __m256i entries[4];
    for (int g = 0; g < width; g++) {
        const size_t group = first + (size_t)g;
        const __m512i seed = _mm512_loadu_si512(lanes->seeds + 16 * LANES * group);
        entries[g] = _mm256_and_si256(
            _mm256_loadu_si256((const __m256i *)(lanes->points + LANES * group)), _mm256_set1_epi64x((long long)last));
        const __m256i number = _mm256_add_epi64(
            _mm256_mullo_epi64(entries[g], _mm256_set1_epi64x(blocks)), _mm256_set1_epi64x(1));
        for (int block = 0; block < blocks; block++)
            x[g * blocks + block] = _mm512_xor_si512(
                seed, _mm512_maskz_mov_epi64(0xaa, spread(_mm256_add_epi64(number, _mm256_set1_epi64x(block)))));
    }
    hash(w->aes, x, width * blocks);
    for (int g = 0; g < width; g++) {
        const size_t group = first + (size_t)g, key = lanes->first_key + group / lanes->groups;
        __m256i *sums = (__m256i *)(lanes->sums + group * LANES * components);
        const __m256i control = _mm256_loadu_si256((const __m256i *)(lanes->control + LANES * group));
        // The last point of a leaf has no entry.
        const __mmask8 has_entry = _mm256_cmpneq_epi64_mask(entries[g], _mm256_set1_epi64x((long long)last));
        // By lane: where its entry's corrections stand.
        const __m256i rows = _mm256_add_epi64(
            _mm256_mullo_epi64(entries[g], _mm256_set1_epi64x((long long)(keys->count * components))),
            _mm256_set1_epi64x((long long)((w->level * keys->count + key) * components)));
        for (unsigned component = 0; component < components; component++) {
            const __m256i correction = _mm256_mmask_i64gather_epi64(
                _mm256_setzero_si256(), has_entry, rows, (const long long *)keys->values + component, 8);
            const __m256i own = _mm256_add_epi64(
                words(x[g * blocks + (int)component / 2], component & 1), _mm256_and_si256(control, correction));
            const __m256i sum = _mm256_loadu_si256(sums + component);
            _mm256_storeu_si256(sums + component, _mm256_mask_add_epi64(sum, has_entry, sum, own));
        }
    }
}

VAES static void finish_1(const walk *w, size_t groups, unsigned components) {
    size_t group = 0;
    for (; group + 4 <= groups; group += 4) finish_groups(w, group, 4, 1, components);
    for (; group < groups; group++) finish_groups(w, group, 1, 1, components);
}

VAES static void finish_2(const walk *w, size_t groups, unsigned components) {
    size_t group = 0;
    for (; group + 4 <= groups; group += 4) finish_groups(w, group, 4, 2, components);
    for (; group < groups; group++) finish_groups(w, group, 1, 2, components);
}

VAES void sotto_dcf_finish_vaes(const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes) {
    walk w = {.keys = keys, .lanes = lanes, .level = keys->input_bits - keys->leaf_bits};
    load_keys(round_keys, w.aes);
    const size_t groups = lanes->keys * lanes->groups;
    switch (keys->components) {
    case 1: finish_1(&w, groups, 1); break;
    case 2: finish_1(&w, groups, 2); break;
    case 3: finish_2(&w, groups, 3); break;
    case 4: finish_2(&w, groups, 4); break;
    default:
        for (size_t group = 0; group < groups; group++)
            finish_groups(&w, group, 1, (int)(keys->components + 1) / 2, keys->components);
    }
}

#endif
