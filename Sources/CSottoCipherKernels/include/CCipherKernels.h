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

// A batch of keys of a distributed comparison function, by level and then by key.
typedef struct {
    // Of the batch.
    size_t count;
    unsigned input_bits, leaf_bits;
    // At most 8; words of 32 bits, four in a block of values, where keys are narrow, else of 64, two in a block.
    unsigned components;
    bool is_narrow;
    // 16 bytes each: 127 bits that correct a child's seed, and in the lowest bit the left child's control bit.
    const uint8_t *seeds;
    // The right child's control bits, (count + 63) / 64 words a level.
    const uint64_t *right_bits;
    // By level and then by entry of a leaf; there by key and component.
    const uint64_t *values;
} sotto_dcf_keys;

// Where the keys of a chunk are evaluated.
typedef struct {
    size_t first_key, keys, per_key;
    // By key and point.
    const uint64_t *values;
    // Until the level at which points part, only leaders walk, which are points by number; a point then goes on from the node of
    // the first or of the last leader of its cluster.
    unsigned parting_level;
    size_t leaders;
    const uint32_t *leader_points, *first_choices, *last_choices;
} sotto_dcf_points;

// Bytes of scratch memory for so many keys with so many points each.
size_t sotto_dcf_scratch_bytes(size_t keys, size_t per_key, unsigned components);

// A party's shares of the keys' functions at all points of a chunk, by key, point and component; modulo 2^64, or 2^32 where keys
// are narrow. `roots` are its seeds, 16 bytes for each key of the batch, whose lowest bit is not used. Branches and addresses
// depend on the points alone. A node's children are hashes of its seed with the direction in the lowest bit; its values those of
// the seed with the block's number from 1 on in the second word, entry e of a leaf from 1 + e * blocks on. The path must be
// available; scratch is aligned to 64 bytes.
void sotto_dcf_evaluate(
    sotto_aes_path path, const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_points *points,
    const uint8_t *roots, bool is_server, uint8_t *scratch, uint64_t *out);

#ifdef __cplusplus
}
#endif
