#include "LatticeKernel.h"

bool sotto_lattice_available(sotto_lattice_path path) {
    switch (path) {
    case SOTTO_LATTICE_PORTABLE: return true;
#if defined(__x86_64__)
    case SOTTO_LATTICE_IFMA:
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512ifma");
#endif
    default: return false;
    }
}

static const sotto_lattice_kernel *kernel_of(sotto_lattice_path path) {
#if defined(__x86_64__)
    if (path == SOTTO_LATTICE_IFMA) return &sotto_lattice_kernel_ifma;
#endif
    return &sotto_lattice_kernel_portable;
}

void sotto_lattice_forward(sotto_lattice_path path, const sotto_lattice_modulus *m, const uint64_t *x, uint64_t *out) {
    kernel_of(path)->forward(m, x, out);
}

void sotto_lattice_inverse(sotto_lattice_path path, const sotto_lattice_modulus *m, uint64_t *x) {
    kernel_of(path)->inverse(m, x);
}

void sotto_lattice_dot(
    sotto_lattice_path path, const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride,
    const uint64_t *y, size_t y_stride, uint64_t *out) {
    kernel_of(path)->dot(m, terms, x, x_stride, y, y_stride, out);
}

void sotto_lattice_dots(
    sotto_lattice_path path, const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride,
    const uint64_t *y, const uint64_t *z, size_t stride, uint64_t *out_y, uint64_t *out_z) {
    kernel_of(path)->dots(m, terms, x, x_stride, y, z, stride, out_y, out_z);
}

// A few words between blocks, so that not all of them fall into the same places of a cache.
size_t sotto_lattice_columns_stride(size_t terms) { return 2 * terms + SOTTO_LATTICE_COLUMNS; }

void sotto_lattice_columns(
    sotto_lattice_path path, const sotto_lattice_modulus *m, size_t terms, size_t blocks, const uint64_t *coefficients,
    uint64_t *scratch, const uint64_t *values, uint64_t *const *out_x, uint64_t *const *out_y) {
    kernel_of(path)->columns(m, terms, blocks, coefficients, scratch, values, out_x, out_y);
}

void sotto_lattice_add(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out) {
    kernel_of(path)->add(m, x, y, out);
}

void sotto_lattice_subtract(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out) {
    kernel_of(path)->subtract(m, x, y, out);
}

void sotto_lattice_add_and_subtract(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const uint64_t *factor, uint64_t *a, uint64_t *b) {
    kernel_of(path)->add_and_subtract(m, factor, a, b);
}

void sotto_lattice_sum_and_difference(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const uint64_t *factor, uint64_t *a, uint64_t *b) {
    kernel_of(path)->sum_and_difference(m, factor, a, b);
}

void sotto_lattice_permute(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const int32_t *sources, const uint64_t *x, uint64_t *out) {
    kernel_of(path)->permute(m, sources, x, out);
}

void sotto_lattice_add_permuted(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const int32_t *sources, const uint64_t *x, uint64_t *out) {
    kernel_of(path)->add_permuted(m, sources, x, out);
}

void sotto_lattice_scale(
    sotto_lattice_path path, const sotto_lattice_modulus *m, sotto_lattice_factor factor, const uint64_t *x,
    uint64_t *out) {
    kernel_of(path)->scale(m, factor, x, out);
}

void sotto_lattice_combine(
    sotto_lattice_path path, const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride,
    const uint64_t *factors, uint64_t *out) {
    kernel_of(path)->combine(m, terms, x, x_stride, factors, out);
}

void sotto_lattice_add_difference(
    sotto_lattice_path path, const sotto_lattice_modulus *m, sotto_lattice_factor factor, const uint64_t *x,
    const uint64_t *y, uint64_t *out) {
    kernel_of(path)->add_difference(m, factor, x, y, out);
}
