#pragma once

#include "CCipherKernels.h"

// One path's functions.

void sotto_dcf_descend_ni(
    const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes, unsigned level,
    bool has_seeds);
void sotto_dcf_finish_ni(const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes);

void sotto_dcf_descend_vaes(
    const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes, unsigned level,
    bool has_seeds);
void sotto_dcf_finish_vaes(const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes);
