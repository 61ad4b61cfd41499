// Vectors of LANES floats: loads, stores, sums over lanes, and the functions that the kernels need. The paths include
// this inside the region of their instruction set. They have defined LANES, and load_part and store_part for the first
// `count` < LANES elements: those must not call anything, or the loops would keep no vector in a register.

typedef float floats __attribute__((ext_vector_type(LANES)));
typedef int32_t integers __attribute__((ext_vector_type(LANES)));
typedef double doubles __attribute__((ext_vector_type(LANES)));

SOTTO_INLINE size_t smaller(size_t x, size_t y) { return x < y ? x : y; }

SOTTO_INLINE floats load(const float *x) {
    floats v;
    memcpy(&v, x, sizeof v);
    return v;
}

SOTTO_INLINE void store(float *x, floats v) { memcpy(x, &v, sizeof v); }

// The first `count` elements, or LANES of them if there are as many, and `neutral` in the other lanes.
SOTTO_INLINE floats load_up_to(size_t count, const float *x, float neutral) {
    if (count >= LANES) return load(x);
    return (floats)load_part(count, x, neutral);
}

SOTTO_INLINE void store_up_to(size_t count, float *x, floats v) {
    if (count >= LANES) {
        store(x, v);
    } else {
        store_part(count, x, v);
    }
}

// v with `neutral` in the lanes from `count` on.
SOTTO_INLINE floats keep_up_to(size_t count, floats v, float neutral) {
    if (count >= LANES) return v;
    integers lane;
    for (int i = 0; i < LANES; i++) lane[i] = i;
    return lane < (integers)(int32_t)count ? v : (floats)neutral;
}

SOTTO_INLINE floats larger_of(floats x, floats y) { return x > y ? x : y; }

SOTTO_INLINE float sum_of_lanes(floats v) {
#if LANES == 16
    __typeof__(v.lo) v8 = v.lo + v.hi;
    __typeof__(v8.lo) v4 = v8.lo + v8.hi;
#elif LANES == 8
    __typeof__(v.lo) v4 = v.lo + v.hi;
#else
    floats v4 = v;
#endif
    __typeof__(v4.lo) v2 = v4.lo + v4.hi;
    return v2.lo + v2.hi;
}

SOTTO_INLINE float maximum_of_lanes(floats v) {
#if LANES == 16
    __typeof__(v.lo) v8 = v.lo > v.hi ? v.lo : v.hi;
    __typeof__(v8.lo) v4 = v8.lo > v8.hi ? v8.lo : v8.hi;
#elif LANES == 8
    __typeof__(v.lo) v4 = v.lo > v.hi ? v.lo : v.hi;
#else
    floats v4 = v;
#endif
    __typeof__(v4.lo) v2 = v4.lo > v4.hi ? v4.lo : v4.hi;
    return v2.lo > v2.hi ? v2.lo : v2.hi;
}

// x = exponent * log(2) + remainder with |remainder| <= log(2)/2, and e^remainder - 1.
typedef struct {
    integers exponent;
    floats power_minus_one;
} reduced_exponential;

// Valid for |x| < 2^21; NaN stays in power_minus_one.
SOTTO_INLINE reduced_exponential reduce_exponential(floats x) {
    // Adding 1.5 * 2^23 rounds to an integer, which the low bits of the sum then hold.
    const floats rounding = 0x1.8p23f;
    floats shifted = x * 0x1.715476p0f + rounding;
    floats n = shifted - rounding;
    // log(2) in two parts: the first has 9 bits, so that its product with n is exact.
    floats r = x - n * 0x1.63p-1f;
    r = r + n * 2.1219444e-4f;
    // Minimax for (e^r - 1 - r) / r^2, relative error 4e-9 in e^r.
    floats p = r * 0x1.6a23cep-10f + 0x1.123a2p-7f;
    p = p * r + 0x1.5558f2p-5f;
    p = p * r + 0x1.555492p-3f;
    p = p * r + 0x1.fffffcp-2f;
    return (reduced_exponential){
        .exponent = __builtin_bit_cast(integers, shifted) - __builtin_bit_cast(integers, rounding),
        .power_minus_one = r * r * p + r,
    };
}

// 2^n for n in -126...127.
SOTTO_INLINE floats power_of_two(integers n) { return __builtin_bit_cast(floats, (n + 127) << 23); }

// e^x for x in -87.3...88, where it is a normal number.
SOTTO_INLINE floats exponential_in_range(floats x) {
    reduced_exponential e = reduce_exponential(x);
    return (1 + e.power_minus_one) * power_of_two(e.exponent);
}

SOTTO_INLINE floats exponential(floats x) {
    // Comparisons that a NaN fails, so that it passes.
    x = x > 89.0f ? (floats)89.0f : x;
    x = x < -105.0f ? (floats)-105.0f : x;
    reduced_exponential e = reduce_exponential(x);
    // Two factors, as 2^128 and what gives denormal numbers have no float.
    integers half = e.exponent >> 1;
    return (1 + e.power_minus_one) * power_of_two(half) * power_of_two(e.exponent - half);
}

// log x of normal positive numbers. 0 and denormal numbers give some finite number; so does NaN.
SOTTO_INLINE floats logarithm_of_normal(floats x) {
    // x = 2^e * m with m in sqrt(1/2)..<sqrt(2).
    integers bits = __builtin_bit_cast(integers, x);
    integers e = (bits - 0x3f3504f3) >> 23;
    floats n = __builtin_convertvector(e, floats);
    floats f = __builtin_bit_cast(floats, bits - (e << 23)) - 1;
    // Minimax for (log(1 + f) - f + f^2/2) / f^3, relative error 7e-9 in the logarithm.
    floats p = f * -0x1.38b58p-4f + 0x1.055b6ap-3f;
    p = p * f - 0x1.0d8542p-3f;
    p = p * f + 0x1.22da1cp-3f;
    p = p * f - 0x1.547244p-3f;
    p = p * f + 0x1.99a008p-3f;
    p = p * f - 0x1.000226p-2f;
    p = p * f + 0x1.555554p-2f;
    floats square = f * f;
    floats tail = f * square * p - n * 2.1219444e-4f;
    tail = tail - 0.5f * square;
    return n * 0x1.63p-1f + (f + tail);
}

SOTTO_INLINE floats logarithm(floats x) {
    integers tiny = x < 0x1p-126f;
    floats y = logarithm_of_normal(tiny ? x * 0x1p25f : x);
    y = tiny ? y - 17.328680f : y;
    // Infinity and NaN are their own logarithms.
    y = x < __builtin_inff() ? y : x;
    y = x == 0 ? (floats)-__builtin_inff() : y;
    return x < 0 ? (floats)__builtin_nanf("") : y;
}

// tanh x = (e^2|x| - 1) / (e^2|x| + 1) with the sign of x. e^2|x| - 1 is computed without cancellation.
SOTTO_INLINE floats hyperbolic_tangent(floats x) {
    integers bits = __builtin_bit_cast(integers, x);
    floats magnitude = __builtin_bit_cast(floats, bits & 0x7fffffff);
    // From 10 on, both round to the same number.
    magnitude = magnitude > 10.0f ? (floats)10.0f : magnitude;
    reduced_exponential e = reduce_exponential(magnitude + magnitude);
    floats scale = power_of_two(e.exponent);
    floats numerator = scale * e.power_minus_one + (scale - 1);
    integers quotient = __builtin_bit_cast(integers, numerator / (numerator + 2));
    return __builtin_bit_cast(floats, quotient | (bits & (int32_t)0x80000000));
}

// e^-2u for the u of gelu_new, whose sigmoid is 1 / (1 + e^-2u), for |x| <= 10.
SOTTO_INLINE floats gelu_new_exponential(floats x) {
    const float slope = -1.5957691216f;  // -2 sqrt(2/pi)
    return exponential_in_range(x * (slope + slope * 0.044715f * (x * x)));
}

SOTTO_INLINE floats within_ten(floats x) {
    x = x > 10.0f ? (floats)10.0f : x;
    return x < -10.0f ? (floats)-10.0f : x;
}

SOTTO_INLINE floats gelu_new_of(floats x) {
    floats y = x / (1 + gelu_new_exponential(within_ten(x)));
    // Below -10 the value is less than the smallest normal number. The product keeps the NaN of minus infinity.
    return x < -10.0f ? x * 0 : y;
}

SOTTO_INLINE floats gelu_new_derivative(floats x) {
    x = within_ten(x);
    floats exponential = gelu_new_exponential(x);
    floats sigmoid = 1 / (1 + exponential);
    floats inner = 1.5957691216f + 1.5957691216f * 3 * 0.044715f * (x * x);
    return sigmoid + x * inner * sigmoid * (exponential * sigmoid);
}

SOTTO_INLINE floats relu_of(floats x) { return x <= 0 ? (floats)0 : x; }

SOTTO_INLINE floats relu_derivative(floats x) { return x <= 0 ? (floats)0 : (floats)1; }
