#include "ComparisonKernel.h"

#include <string.h>

#if defined(__x86_64__)

enum { LANES = SOTTO_DCF_LANES };

static size_t groups_of(size_t lanes) { return (lanes + LANES - 1) / LANES; }

// Of the lanes of one phase.
static size_t phase_bytes(size_t keys, size_t lanes, unsigned components) {
    return keys * groups_of(lanes) * LANES * (8 + 16 + 8 + 8 * (size_t)components);
}

size_t sotto_dcf_scratch_bytes(size_t keys, size_t per_key, unsigned components) {
    return 2 * phase_bytes(keys, per_key, components);
}

static sotto_dcf_lanes lanes_at(
    const sotto_dcf_points *points, size_t lanes, unsigned components, uint8_t *scratch) {
    const size_t count = points->keys * groups_of(lanes) * LANES;
    sotto_dcf_lanes result = {.first_key = points->first_key, .keys = points->keys, .groups = groups_of(lanes)};
    result.seeds = scratch;
    result.sums = (uint64_t *)(scratch + 16 * count);
    result.points = result.sums + count * components;
    result.control = result.points + count;
    return result;
}

// At the roots, on the way to their points; those that fill up a key's last group go to its first.
static void begin(
    sotto_dcf_lanes *lanes, const sotto_dcf_points *points, const uint32_t *numbers, size_t count, unsigned components,
    const uint8_t *roots, bool is_server) {
    const size_t width = lanes->groups * LANES;
    memset(lanes->sums, 0, 8 * lanes->keys * width * components);
    memset(lanes->control, is_server ? 0 : 0xff, 8 * lanes->keys * width);
    for (size_t key = 0; key < lanes->keys; key++) {
        uint8_t root[16];
        memcpy(root, roots + 16 * (lanes->first_key + key), 16);
        root[0] &= 0xfe;
        for (size_t lane = 0; lane < width; lane++) {
            memcpy(lanes->seeds + 16 * (key * width + lane), root, 16);
            const size_t number = lane >= count ? 0 : numbers ? numbers[lane] : lane;
            lanes->points[key * width + lane] = points->values[key * points->per_key + number];
        }
    }
}

// From the nodes of the leaders to lanes of all points.
static void part(
    const sotto_dcf_lanes *leaders, sotto_dcf_lanes *lanes, const sotto_dcf_points *points, unsigned components,
    unsigned shift) {
    const size_t old_width = leaders->groups * LANES, width = lanes->groups * LANES;
    for (size_t key = 0; key < lanes->keys; key++) {
        for (size_t lane = 0; lane < width; lane++) {
            const size_t number = lane < points->per_key ? lane : 0;
            const uint64_t point = points->values[key * points->per_key + number];
            const size_t first = key * old_width + points->first_choices[number];
            const bool is_first = shift >= 64 || (leaders->points[first] ^ point) >> shift == 0;
            const size_t from = is_first ? first : key * old_width + points->last_choices[number];
            const size_t to = key * width + lane;
            lanes->points[to] = point;
            memcpy(lanes->seeds + 16 * to, leaders->seeds + 16 * from, 16);
            lanes->control[to] = leaders->control[from];
            const uint64_t *sums = leaders->sums + from / LANES * LANES * components + from % LANES;
            uint64_t *target = lanes->sums + to / LANES * LANES * components + to % LANES;
            for (unsigned component = 0; component < components; component++)
                target[component * LANES] = sums[component * LANES];
        }
    }
}

void sotto_dcf_evaluate(
    sotto_aes_path path, const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_points *points,
    const uint8_t *roots, bool is_server, uint8_t *scratch, uint64_t *out) {
    const unsigned components = keys->components, levels = keys->input_bits - keys->leaf_bits;
    const unsigned seed_levels = keys->leaf_bits > 0 ? levels : levels - 1;
    const unsigned parting = points->parting_level < levels ? points->parting_level : levels;
    sotto_dcf_lanes lanes = lanes_at(points, points->leaders, components, scratch);
    begin(&lanes, points, points->leader_points, points->leaders, components, roots, is_server);
    for (unsigned level = 0; level < levels; level++) {
        if (level == parting && points->leaders < points->per_key) {
            sotto_dcf_lanes all = lanes_at(
                points, points->per_key, components, scratch + phase_bytes(points->keys, points->per_key, components));
            part(&lanes, &all, points, components, keys->input_bits - level);
            lanes = all;
        }
        if (path == SOTTO_VAES) {
            sotto_dcf_descend_vaes(round_keys, keys, &lanes, level, level < seed_levels);
        } else {
            sotto_dcf_descend_ni(round_keys, keys, &lanes, level, level < seed_levels);
        }
    }
    if (parting == levels && points->leaders < points->per_key) {
        sotto_dcf_lanes all = lanes_at(
            points, points->per_key, components, scratch + phase_bytes(points->keys, points->per_key, components));
        part(&lanes, &all, points, components, keys->input_bits - levels);
        lanes = all;
    }
    if (keys->leaf_bits > 0) {
        if (path == SOTTO_VAES) {
            sotto_dcf_finish_vaes(round_keys, keys, &lanes);
        } else {
            sotto_dcf_finish_ni(round_keys, keys, &lanes);
        }
    }
    const uint64_t sign = is_server ? 0 : ~(uint64_t)0;
    for (size_t key = 0; key < lanes.keys; key++) {
        for (size_t lane = 0; lane < points->per_key; lane++) {
            const uint64_t *sums =
                lanes.sums + (key * lanes.groups + lane / LANES) * LANES * components + lane % LANES;
            for (unsigned component = 0; component < components; component++)
                *out++ = (sums[component * LANES] ^ sign) - sign;
        }
    }
}

#else

size_t sotto_dcf_scratch_bytes(size_t keys, size_t per_key, unsigned components) { return 0; }

void sotto_dcf_evaluate(
    sotto_aes_path path, const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_points *points,
    const uint8_t *roots, bool is_server, uint8_t *scratch, uint64_t *out) {}

#endif
