#include "LatticeKernel.h"

#include <string.h>

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

void sotto_lattice_forward(sotto_lattice_path path, const sotto_lattice_modulus *m, uint64_t *x, size_t degree) {
    // Modulo every factor X^degree - zeta of X^n + 1 a short polynomial is itself.
    for (size_t i = degree; i < m->n; i += degree) memcpy(x + i, x, 8 * degree);
    kernel_of(path)->forward(m, x, degree);
}

void sotto_lattice_inverse(sotto_lattice_path path, const sotto_lattice_modulus *m, uint64_t *x) {
    kernel_of(path)->inverse(m, x);
}

void sotto_lattice_dot(
    sotto_lattice_path path, const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride,
    const uint64_t *y, size_t y_stride, uint64_t *out) {
    kernel_of(path)->dot(m, terms, x, x_stride, y, y_stride, out);
}

void sotto_lattice_add(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out) {
    kernel_of(path)->add(m, x, y, out);
}

void sotto_lattice_subtract(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out) {
    kernel_of(path)->subtract(m, x, y, out);
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
