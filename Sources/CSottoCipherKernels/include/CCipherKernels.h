#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The instruction sets that fixed-key AES has a path for. All give the same bytes.
typedef enum {
    // AESENC of 128 bits.
    SOTTO_AES_NI = 0,
    // AESENC of 512 bits.
    SOTTO_VAES = 1,
} sotto_aes_path;

// Whether this processor can run the path.
bool sotto_aes_available(sotto_aes_path path);

// The eleven round keys of AES-128, 16 bytes each. Either path must be available.
void sotto_aes_expand(const uint8_t key[16], uint8_t round_keys[176]);

// out[i] = AES(in[i]) xor in[i] for `count` blocks of 16 bytes (Matyas, Meyer and Oseas). out may be in. The path must be
// available; no branch and no address depends on the blocks.
void sotto_aes_mmo(sotto_aes_path path, const uint8_t round_keys[176], const uint8_t *in, uint8_t *out, size_t count);

// Lanes of a walk are in groups of so many, all of one key.
enum { SOTTO_DCF_LANES = 4, SOTTO_DCF_MOST_COMPONENTS = 8 };

// A batch of keys of a distributed comparison function, by level and then by key.
typedef struct {
    // Of the batch.
    size_t count;
    unsigned input_bits, leaf_bits, components;
    // 16 bytes each: 127 bits that correct a child's seed, and in the lowest bit the left child's control bit.
    const uint8_t *seeds;
    // The right child's control bits, (count + 63) / 64 words a level.
    const uint64_t *right_bits;
    // By level and then by entry of a leaf; there by key and component.
    const uint64_t *values;
} sotto_dcf_keys;

// Lanes of a chunk of keys, each on its way to a point: `groups` groups of lanes for each of `keys` keys from `first_key` on.
typedef struct {
    size_t first_key, keys, groups;
    // By lane.
    const uint64_t *points;
    // 16 bytes a lane, the lowest bit cleared; and all ones where the control bit is set.
    uint8_t *seeds;
    uint64_t *control;
    // By group, component and lane.
    uint64_t *sums;
} sotto_dcf_lanes;

// Takes all lanes from their nodes at `level` to those of the next, and adds what these contribute to their sums. A node's
// children are hashes of its seed with the direction in the lowest bit; its values, two words a block, of the seed with the
// block's number from 1 on in the second word. Without `has_seeds` nothing is below the next nodes.
void sotto_dcf_descend(
    sotto_aes_path path, const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes,
    unsigned level, bool has_seeds);

// Adds what leaves contribute, where keys have any: entry e's values are hashes with the numbers from 1 + e * ceil(components / 2)
// on.
void sotto_dcf_finish(
    sotto_aes_path path, const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes);

#ifdef __cplusplus
}
#endif
