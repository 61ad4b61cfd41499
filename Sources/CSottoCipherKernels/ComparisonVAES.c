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

// Blocks of both keys of a group, or of the only one.
INLINE __m512i blocks_of_keys(__m128i first, __m128i second) {
    return _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_broadcast_i32x4(first)), _mm256_broadcast_i32x4(second), 1);
}

// The shape of keys, of which every one that matters has code of its own.
typedef struct {
    // Groups under way together.
    int width;
    int blocks;
    bool is_narrow;
    // Lanes of two keys in a group.
    bool has_pairs;
} shape;

// What does not change from group to group; copies, which no store can change.
typedef struct {
    __m512i aes[ROUNDS + 1];
    sotto_dcf_keys keys;
    sotto_dcf_lanes lanes;
    size_t level;
    unsigned shift;
    bool has_seeds;
} walk;

// The components that there are of a block.
INLINE __mmask8 components_of(const walk *w, int block, bool is_narrow) {
    const unsigned of_block = is_narrow ? SOTTO_DCF_NARROW : SOTTO_DCF_WIDE, rest = w->keys.components - (unsigned)block * of_block;
    return (__mmask8)((1u << (rest < of_block ? rest : of_block)) - 1);
}

// A key's correction of a block of values, from a row of components.
INLINE __m128i correction_of(const walk *w, const uint64_t *row, int block, bool is_narrow) {
    if (!is_narrow) return _mm_maskz_loadu_epi64(components_of(w, block, is_narrow), row + SOTTO_DCF_WIDE * block);
    return _mm256_cvtepi64_epi32(_mm256_maskz_loadu_epi64(components_of(w, block, is_narrow), row + SOTTO_DCF_NARROW * block));
}

// Adds a block of values, corrected where the control bit is set, to a group's sums where `counts` is set.
INLINE void add_values(
    const walk *w, shape s, size_t group, int block, __m512i own, __m512i correction, __m512i control, __m512i counts) {
    uint8_t *sums = w->lanes.sums + 16 * LANES * (group * (size_t)s.blocks + (size_t)block);
    const __m512i sum = _mm512_loadu_si512(sums), wanted = _mm512_and_si512(control, correction);
    const __m512i result =
        s.is_narrow ? _mm512_add_epi32(sum, _mm512_and_si512(counts, _mm512_add_epi32(own, wanted)))
                    : _mm512_add_epi64(sum, _mm512_and_si512(counts, _mm512_add_epi64(own, wanted)));
    _mm512_storeu_si512(sums, result);
}

// The first keys of groups, one after the other.
typedef struct {
    size_t key, group, groups_of_key;
} place;

INLINE place first_place(const walk *w) {
    const size_t groups = w->lanes.lanes_of_key / LANES;
    return (place){.key = w->lanes.first_key, .groups_of_key = groups > 0 ? groups : 1};
}

INLINE size_t next_key(place *p, shape s) {
    const size_t key = p->key;
    if (s.has_pairs) {
        p->key += 2;
    } else if (++p->group == p->groups_of_key) {
        p->group = 0;
        p->key += 1;
    }
    return key;
}

// The other key of a group.
INLINE size_t second_key(const walk *w, shape s, size_t key) {
    return s.has_pairs && key + 1 < w->lanes.first_key + w->lanes.keys ? key + 1 : key;
}

// To the children of a group's nodes, from what their hashes are.
INLINE void step(const walk *w, shape s, size_t group, size_t key, __m512i child, __m512i control, __m512i is_right) {
    const sotto_dcf_keys *keys = &w->keys;
    const __m128i *seeds = (const __m128i *)keys->seeds + w->level * keys->count;
    const uint64_t *right_bits = keys->right_bits + w->level * ((keys->count + 63) / 64);
    const __m512i lowest = _mm512_maskz_set1_epi64(0x55, 1);
    const size_t other = second_key(w, s, key);
    __m512i left, right;
    if (s.has_pairs) {
        left = blocks_of_keys(_mm_loadu_si128(seeds + key), _mm_loadu_si128(seeds + other));
        right = blocks_of_keys(
            _mm_cvtsi64_si128((long long)(right_bits[key >> 6] >> (key & 63))),
            _mm_cvtsi64_si128((long long)(right_bits[other >> 6] >> (other & 63))));
    } else {
        left = _mm512_broadcast_i32x4(_mm_loadu_si128(seeds + key));
        right = _mm512_set1_epi64((long long)(right_bits[key >> 6] >> (key & 63)));
    }
    // Left children's control bits are corrected by the lowest bit of the seed's correction, right ones' by their own.
    const __m512i difference = _mm512_and_si512(_mm512_xor_si512(left, right), _mm512_and_si512(is_right, lowest));
    const __m512i corrected =
        _mm512_xor_si512(child, _mm512_and_si512(control, _mm512_xor_si512(left, difference)));
    _mm512_storeu_si512(w->lanes.seeds + 16 * LANES * group, _mm512_andnot_si512(lowest, corrected));
    const __m512i bits = _mm512_and_si512(_mm512_shuffle_epi32(corrected, 0x44), _mm512_set1_epi64(1));
    _mm512_storeu_si512(w->lanes.control + 16 * LANES * group, _mm512_sub_epi64(_mm512_setzero_si512(), bits));
}

// `s.width` groups from `first` on; constants when inlined, so that all of a group's blocks are under way together.
INLINE void descend_groups(const walk *w, shape s, size_t first, place *p) {
    const sotto_dcf_lanes *lanes = &w->lanes;
    const sotto_dcf_keys *keys = &w->keys;
    __m512i x[12], is_right[4];
    for (int g = 0; g < s.width; g++) {
        const size_t group = first + (size_t)g;
        const __m512i seed = _mm512_loadu_si512(lanes->seeds + 16 * LANES * group);
        const __m256i points = _mm256_loadu_si256((const __m256i *)(lanes->points + LANES * group));
        // A bit as a word, and then all ones.
        is_right[g] = spread(_mm256_sra_epi64(
            _mm256_sll_epi64(points, _mm_cvtsi32_si128((int)(63 - w->shift))), _mm_cvtsi32_si128(63)));
        for (int block = 0; block < s.blocks; block++)
            x[g * (s.blocks + 1) + block] = _mm512_xor_si512(seed, _mm512_maskz_set1_epi64(0xaa, block + 1));
        x[g * (s.blocks + 1) + s.blocks] =
            _mm512_xor_si512(seed, _mm512_and_si512(is_right[g], _mm512_maskz_set1_epi64(0x55, 1)));
    }
    hash(w->aes, x, s.width * (s.blocks + 1));
    for (int g = 0; g < s.width; g++) {
        const size_t group = first + (size_t)g, key = next_key(p, s);
        const uint64_t *row = keys->values + (w->level * keys->count + key) * keys->components;
        const uint64_t *other = row + (second_key(w, s, key) - key) * keys->components;
        const __m512i control = _mm512_loadu_si512(lanes->control + 16 * LANES * group);
        const __m512i is_left = _mm512_xor_si512(is_right[g], _mm512_set1_epi64(-1));
        for (int block = 0; block < s.blocks; block++) {
            const __m128i own = correction_of(w, row, block, s.is_narrow);
            const __m512i correction =
                s.has_pairs ? blocks_of_keys(own, correction_of(w, other, block, s.is_narrow))
                            : _mm512_broadcast_i32x4(own);
            add_values(w, s, group, block, x[g * (s.blocks + 1) + block], correction, control, is_left);
        }
        if (w->has_seeds) step(w, s, group, key, x[g * (s.blocks + 1) + s.blocks], control, is_right[g]);
    }
}

// As `descend_groups`, of leaves.
INLINE void finish_groups(const walk *w, shape s, size_t first, place *p) {
    const sotto_dcf_lanes *lanes = &w->lanes;
    const sotto_dcf_keys *keys = &w->keys;
    const uint64_t last = ((uint64_t)1 << keys->leaf_bits) - 1;
    __m512i x[12];
    for (int g = 0; g < s.width; g++) {
        const size_t group = first + (size_t)g;
        const __m512i seed = _mm512_loadu_si512(lanes->seeds + 16 * LANES * group);
        const __m256i entries = _mm256_and_si256(
            _mm256_loadu_si256((const __m256i *)(lanes->points + LANES * group)), _mm256_set1_epi64x((long long)last));
        const __m256i number = _mm256_add_epi64(
            _mm256_mullo_epi64(entries, _mm256_set1_epi64x(s.blocks)), _mm256_set1_epi64x(1));
        for (int block = 0; block < s.blocks; block++)
            x[g * s.blocks + block] = _mm512_xor_si512(
                seed, _mm512_maskz_mov_epi64(0xaa, spread(_mm256_add_epi64(number, _mm256_set1_epi64x(block)))));
    }
    hash(w->aes, x, s.width * s.blocks);
    for (int g = 0; g < s.width; g++) {
        const size_t group = first + (size_t)g, key = next_key(p, s), other = second_key(w, s, key);
        const __m512i control = _mm512_loadu_si512(lanes->control + 16 * LANES * group);
        const uint64_t *rows[LANES];
        uint64_t counts[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            const uint64_t entry = lanes->points[LANES * group + (size_t)lane] & last;
            const size_t row = (w->level + (entry == last ? 0 : entry)) * keys->count + (lane < 2 ? key : other);
            rows[lane] = keys->values + row * keys->components;
            // The last point of a leaf has no entry.
            counts[lane] = entry == last ? 0 : ~(uint64_t)0;
        }
        const __m512i has_entry = spread(_mm256_loadu_si256((const __m256i *)counts));
        for (int block = 0; block < s.blocks; block++) {
            __m512i correction = _mm512_castsi128_si512(correction_of(w, rows[0], block, s.is_narrow));
            correction = _mm512_inserti32x4(correction, correction_of(w, rows[1], block, s.is_narrow), 1);
            correction = _mm512_inserti32x4(correction, correction_of(w, rows[2], block, s.is_narrow), 2);
            correction = _mm512_inserti32x4(correction, correction_of(w, rows[3], block, s.is_narrow), 3);
            add_values(w, s, group, block, x[g * s.blocks + block], correction, control, has_entry);
        }
    }
}

// Up to twelve registers are under way, with at most four groups.
#define FOR_ALL_GROUPS(BODY, BLOCKS, IS_NARROW, HAS_PAIRS)                                         \
    do {                                                                                           \
        const int width = (BLOCKS) <= 2 ? 4 : 1;                                                   \
        const shape many = {width, (BLOCKS), (IS_NARROW), (HAS_PAIRS)};                            \
        const shape one = {1, (BLOCKS), (IS_NARROW), (HAS_PAIRS)};                                 \
        size_t group = 0;                                                                          \
        for (; group + (size_t)width <= w.lanes.groups; group += (size_t)width)                   \
            BODY(&w, many, group, &at);                                                            \
        for (; group < w.lanes.groups; group++) BODY(&w, one, group, &at);                        \
    } while (0)

// Shapes that matter are constants.
#define FOR_ALL_SHAPES(BODY)                                                                       \
    do {                                                                                           \
        place at = first_place(&w);                                                                \
        const int blocks = (int)sotto_dcf_value_blocks(&w.keys);                                    \
        const bool is_narrow = w.keys.is_narrow, has_pairs = w.lanes.lanes_of_key < LANES;       \
        if (blocks == 1 && is_narrow && has_pairs) FOR_ALL_GROUPS(BODY, 1, true, true);            \
        else if (blocks == 1 && is_narrow) FOR_ALL_GROUPS(BODY, 1, true, false);                   \
        else if (blocks == 1 && !has_pairs) FOR_ALL_GROUPS(BODY, 1, false, false);                 \
        else if (blocks == 2 && !is_narrow && !has_pairs) FOR_ALL_GROUPS(BODY, 2, false, false);   \
        else FOR_ALL_GROUPS(BODY, blocks, is_narrow, has_pairs);                                   \
    } while (0)

VAES void sotto_dcf_descend_vaes(
    const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes, unsigned level,
    bool has_seeds) {
    walk w = {
        .keys = *keys, .lanes = *lanes, .level = level, .shift = keys->input_bits - 1 - level, .has_seeds = has_seeds};
    load_keys(round_keys, w.aes);
    FOR_ALL_SHAPES(descend_groups);
}

VAES void sotto_dcf_finish_vaes(const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes) {
    walk w = {.keys = *keys, .lanes = *lanes, .level = keys->input_bits - keys->leaf_bits};
    load_keys(round_keys, w.aes);
    FOR_ALL_SHAPES(finish_groups);
}

#endif
