#pragma once

#include "CCipherKernels.h"

// Lanes of a walk are in groups of so many, all of one key.
enum { SOTTO_DCF_LANES = 4 };

// Lanes of a chunk of keys, each on its way to a point: `groups` groups of lanes for each of `keys` keys from `first_key` on.
typedef struct {
    size_t first_key, keys, groups;
    // By lane.
    uint64_t *points;
    // 16 bytes a lane, the lowest bit cleared; and all ones where the control bit is set.
    uint8_t *seeds;
    uint64_t *control;
    // By group, component and lane.
    uint64_t *sums;
} sotto_dcf_lanes;

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
