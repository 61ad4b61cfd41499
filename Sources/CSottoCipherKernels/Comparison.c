#include "ComparisonKernel.h"

#if defined(__x86_64__)

void sotto_dcf_descend(
    sotto_aes_path path, const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes,
    unsigned level, bool has_seeds) {
    if (path == SOTTO_VAES) {
        sotto_dcf_descend_vaes(round_keys, keys, lanes, level, has_seeds);
    } else {
        sotto_dcf_descend_ni(round_keys, keys, lanes, level, has_seeds);
    }
}

void sotto_dcf_finish(
    sotto_aes_path path, const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes) {
    if (path == SOTTO_VAES) {
        sotto_dcf_finish_vaes(round_keys, keys, lanes);
    } else {
        sotto_dcf_finish_ni(round_keys, keys, lanes);
    }
}

#else

void sotto_dcf_descend(
    sotto_aes_path path, const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes,
    unsigned level, bool has_seeds) {}
void sotto_dcf_finish(
    sotto_aes_path path, const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes) {}

#endif
