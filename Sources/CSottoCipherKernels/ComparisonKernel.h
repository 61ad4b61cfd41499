#pragma once

#include "CCipherKernels.h"

enum {
    // Lanes of a walk are in groups of so many.
    SOTTO_DCF_LANES = 4,
    // Components of a block of values.
    SOTTO_DCF_WIDE = 2,
    SOTTO_DCF_NARROW = 4,
};

// Lanes of a chunk of keys, each on its way to a point: as many for each key, two, or four or a multiple of it, one key's after
// the other's from that of `first_key` on. Where keys have two, the last group may have two of no key.
typedef struct {
    size_t first_key, keys, lanes_of_key, groups;
    // By lane.
    uint64_t *points;
    // 16 bytes a lane, the lowest bit cleared; and all ones where the control bit is set.
    uint8_t *seeds, *control;
    // By group, block of values and lane, 16 bytes each.
    uint8_t *sums;
} sotto_dcf_lanes;

static inline unsigned sotto_dcf_components_of_block(const sotto_dcf_keys *keys) {
    return keys->is_narrow ? SOTTO_DCF_NARROW : SOTTO_DCF_WIDE;
}

static inline unsigned sotto_dcf_value_blocks(const sotto_dcf_keys *keys) {
    const unsigned components = sotto_dcf_components_of_block(keys);
    return (keys->components + components - 1) / components;
}

// Each path has two functions. `descend` takes all lanes from their nodes at `level` to those of the next, and adds what these
// contribute to their sums; without `has_seeds` nothing is below the next nodes. `finish` adds what leaves contribute.

void sotto_dcf_descend_ni(
    const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes, unsigned level,
    bool has_seeds);
void sotto_dcf_finish_ni(const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes);

void sotto_dcf_descend_vaes(
    const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes, unsigned level,
    bool has_seeds);
void sotto_dcf_finish_vaes(const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes);

// Lanes of all points from the nodes of their leaders, in front of the lowest `shift` bits; and all points' sums. False, and nothing
// done, for shapes that are left to the portable code.
bool sotto_dcf_part_vaes(
    const sotto_dcf_lanes *leaders, sotto_dcf_lanes *lanes, const sotto_dcf_points *points, unsigned blocks,
    unsigned shift);
bool sotto_dcf_collect_vaes(
    const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes, size_t per_key, bool is_server, uint64_t *out);
