#include "ComparisonKernel.h"

#include <string.h>

#if defined(__x86_64__)

enum { LANES = SOTTO_DCF_LANES };

// Of a key with so many points.
static size_t lanes_of(size_t points) { return points <= 2 ? 2 : (points + LANES - 1) / LANES * LANES; }

static size_t groups_of(size_t keys, size_t points) { return (keys * lanes_of(points) + LANES - 1) / LANES; }

// Of the lanes of one phase.
static size_t phase_bytes(size_t groups, unsigned blocks) { return groups * LANES * (8 + 16 + 16 + 16 * (size_t)blocks); }

size_t sotto_dcf_scratch_bytes(size_t keys, size_t per_key, unsigned components) {
    // At least as many as there are blocks of values; and one for alignment.
    return 2 * phase_bytes(groups_of(keys, per_key) + 1, components);
}

static sotto_dcf_lanes lanes_at(const sotto_dcf_points *points, size_t count, unsigned blocks, uint8_t *scratch) {
    sotto_dcf_lanes result = {
        .first_key = points->first_key, .keys = points->keys, .lanes_of_key = lanes_of(count),
        .groups = groups_of(points->keys, count)};
    const size_t lanes = result.groups * LANES;
    result.seeds = scratch;
    result.control = result.seeds + 16 * lanes;
    result.sums = result.control + 16 * lanes;
    result.points = (uint64_t *)(result.sums + 16 * lanes * blocks);
    return result;
}

// Of a lane's first block of values; the next are a group apart.
static uint8_t *sums_of(const sotto_dcf_lanes *lanes, size_t lane, unsigned blocks) {
    return lanes->sums + 16 * (lane / LANES * LANES * blocks + lane % LANES);
}

// At the roots, on the way to their points; those that fill up a key's lanes go to its first.
static void begin(
    sotto_dcf_lanes *lanes, const sotto_dcf_points *points, const uint32_t *numbers, size_t count, unsigned blocks,
    const uint8_t *roots, bool is_server) {
    const size_t width = lanes->lanes_of_key;
    memset(lanes->sums, 0, 16 * lanes->groups * LANES * blocks);
    memset(lanes->control, is_server ? 0 : 0xff, 16 * lanes->groups * LANES);
    for (size_t lane = lanes->keys * width; lane < lanes->groups * LANES; lane++) {
        memset(lanes->seeds + 16 * lane, 0, 16);
        lanes->points[lane] = 0;
    }
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

static void copy_block(uint8_t *restrict target, size_t to, const uint8_t *restrict source, size_t from) {
    memcpy(target + 16 * to, source + 16 * from, 16);
}

// From the nodes of the leaders to lanes of all points.
static void part(
    const sotto_dcf_lanes *leaders, sotto_dcf_lanes *lanes, const sotto_dcf_points *points, unsigned blocks,
    unsigned shift) {
    const size_t old_width = leaders->lanes_of_key, width = lanes->lanes_of_key;
    for (size_t lane = lanes->keys * width; lane < lanes->groups * LANES; lane++) {
        memset(lanes->seeds + 16 * lane, 0, 16);
        memset(lanes->control + 16 * lane, 0, 16);
        lanes->points[lane] = 0;
    }
    for (size_t key = 0; key < lanes->keys; key++) {
        const uint64_t *wanted = points->values + key * points->per_key;
        const uint64_t *old_points = leaders->points + key * old_width;
        uint64_t *new_points = lanes->points + key * width;
        for (size_t lane = 0; lane < width; lane++) {
            const size_t number = lane < points->per_key ? lane : 0;
            const uint32_t first = points->first_choices[number], last = points->last_choices[number];
            const uint64_t point = wanted[number];
            // No branch, which would be as often wrong as right.
            const uint32_t is_last = shift < 64 && (old_points[first] ^ point) >> shift != 0;
            const size_t from = key * old_width + first + (0 - is_last & (last - first)), to = key * width + lane;
            new_points[lane] = point;
            copy_block(lanes->seeds, to, leaders->seeds, from);
            copy_block(lanes->control, to, leaders->control, from);
            uint8_t *sums = sums_of(lanes, to, blocks);
            const uint8_t *old_sums = sums_of(leaders, from, blocks);
            for (unsigned block = 0; block < blocks; block++) copy_block(sums, LANES * block, old_sums, LANES * block);
        }
    }
}

// The sums of all points, by key, point and component.
static void collect(
    const sotto_dcf_keys *keys, const sotto_dcf_lanes *lanes, size_t per_key, bool is_server, uint64_t *out) {
    const unsigned of_block = sotto_dcf_components_of_block(keys), blocks = sotto_dcf_value_blocks(keys);
    const uint64_t sign = is_server ? 0 : ~(uint64_t)0;
    for (size_t key = 0; key < lanes->keys; key++) {
        for (size_t point = 0; point < per_key; point++) {
            const uint8_t *sums = sums_of(lanes, key * lanes->lanes_of_key + point, blocks);
            for (unsigned component = 0; component < keys->components; component++) {
                const uint8_t *block = sums + 16 * LANES * (component / of_block);
                uint64_t value;
                uint32_t word;
                if (keys->is_narrow) {
                    memcpy(&word, block + 4 * (component % of_block), 4);
                    value = word;
                } else {
                    memcpy(&value, block + 8 * (component % of_block), 8);
                }
                *out++ = (value ^ sign) - sign;
            }
        }
    }
}

void sotto_dcf_evaluate(
    sotto_aes_path path, const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_points *points,
    const uint8_t *roots, bool is_server, uint8_t *scratch, uint64_t *out) {
    const unsigned blocks = sotto_dcf_value_blocks(keys), levels = keys->input_bits - keys->leaf_bits;
    const unsigned seed_levels = keys->leaf_bits > 0 ? levels : levels - 1;
    const unsigned parting = points->parting_level < levels ? points->parting_level : levels;
    sotto_dcf_lanes lanes = lanes_at(points, points->leaders, blocks, scratch);
    begin(&lanes, points, points->leader_points, points->leaders, blocks, roots, is_server);
    for (unsigned level = 0; level <= levels; level++) {
        if (level == parting && points->leaders < points->per_key) {
            const size_t leaders = (phase_bytes(lanes.groups, blocks) + 63) / 64 * 64;
            sotto_dcf_lanes all = lanes_at(points, points->per_key, blocks, scratch + leaders);
            const unsigned shift = keys->input_bits - level;
            if (path != SOTTO_VAES || !sotto_dcf_part_vaes(&lanes, &all, points, blocks, shift))
                part(&lanes, &all, points, blocks, shift);
            lanes = all;
        }
        if (level == levels) break;
        if (path == SOTTO_VAES) {
            sotto_dcf_descend_vaes(round_keys, keys, &lanes, level, level < seed_levels);
        } else {
            sotto_dcf_descend_ni(round_keys, keys, &lanes, level, level < seed_levels);
        }
    }
    if (keys->leaf_bits > 0) {
        if (path == SOTTO_VAES) {
            sotto_dcf_finish_vaes(round_keys, keys, &lanes);
        } else {
            sotto_dcf_finish_ni(round_keys, keys, &lanes);
        }
    }
    if (path != SOTTO_VAES || !sotto_dcf_collect_vaes(keys, &lanes, points->per_key, is_server, out))
        collect(keys, &lanes, points->per_key, is_server, out);
}

#else

size_t sotto_dcf_scratch_bytes(size_t keys, size_t per_key, unsigned components) { return 0; }

void sotto_dcf_evaluate(
    sotto_aes_path path, const uint8_t round_keys[176], const sotto_dcf_keys *keys, const sotto_dcf_points *points,
    const uint8_t *roots, bool is_server, uint8_t *scratch, uint64_t *out) {}

#endif
