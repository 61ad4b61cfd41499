// The kernels of a path. A path includes this inside the region of its instruction set, with the name KERNELS of its
// table and what FloatVectors.h needs defined.
#pragma clang fp contract(fast)
#include "FloatVectors.h"

#define ELEMENTWISE(name, function)                                                                                    \
    static void name(size_t count, const float *x, float *y) {                                                         \
        for (size_t i = 0; i < count; i += LANES)                                                                      \
            store_up_to(count - i, y + i, function(load_up_to(count - i, x + i, 0)));                                  \
    }

ELEMENTWISE(exp_kernel, exponential)
ELEMENTWISE(log_kernel, logarithm)
ELEMENTWISE(tanh_kernel, hyperbolic_tangent)
ELEMENTWISE(relu_kernel, relu_of)
ELEMENTWISE(gelu_new_kernel, gelu_new_of)

#define ELEMENTWISE_GRADIENT(name, derivative)                                                                         \
    static void name(size_t count, const float *x, float *gradient) {                                                  \
        for (size_t i = 0; i < count; i += LANES) {                                                                    \
            floats g = load_up_to(count - i, gradient + i, 0);                                                         \
            store_up_to(count - i, gradient + i, g * derivative(load_up_to(count - i, x + i, 0)));                     \
        }                                                                                                              \
    }

ELEMENTWISE_GRADIENT(relu_gradient_kernel, relu_derivative)
ELEMENTWISE_GRADIENT(gelu_new_gradient_kernel, gelu_new_derivative)

// e^t for differences t <= 0 to a maximum. Below -87 it is 0, as denormal numbers are slow. `t` becomes finite there,
// so that its product with e^t is 0 and not a NaN.
SOTTO_INLINE floats exponential_of_difference(floats *t) {
    integers vanishes = *t < -87.0f;
    *t = vanishes ? (floats)-87.0f : *t;
    floats e = exponential_in_range(*t);
    return vanishes ? (floats)0 : e;
}

// The softmax of a row has three steps, each of which needs a sum or a maximum of the whole row before. The kernels
// below take each step for LANES rows before the next one, so that no row waits for its own. The rows have `columns`
// columns, of which the first `length` count.

// Multiplies by the scale, and returns the maximum. Minus infinity in the lanes beyond the row becomes probability 0.
SOTTO_INLINE float scale_scores(size_t length, size_t columns, float *row, float scale) {
    floats maxima = -__builtin_inff();
    for (size_t j = 0; j < length; j += LANES) {
        floats scaled = keep_up_to(length - j, scale * load_up_to(columns - j, row + j, 0), -__builtin_inff());
        maxima = larger_of(scaled, maxima);
        store_up_to(columns - j, row + j, scaled);
    }
    return maximum_of_lanes(maxima);
}

// The scores become e^t for the differences t to the maximum; gives the sums of e^t and of t e^t.
SOTTO_INLINE void exponentiate_scores(
    size_t length, size_t columns, float *row, float maximum, float *sum, float *weighted_sum) {
    floats sums = 0, weighted_sums = 0;
    for (size_t j = 0; j < length; j += LANES) {
        floats t = load_up_to(columns - j, row + j, -__builtin_inff()) - maximum;
        floats e = exponential_of_difference(&t);
        sums += e;
        weighted_sums += e * t;
        store_up_to(columns - j, row + j, e);
    }
    *sum = sum_of_lanes(sums);
    *weighted_sum = sum_of_lanes(weighted_sums);
}

// Multiplies by the reciprocal of the sum, and clears what is beyond the row, even if that is not a number.
SOTTO_INLINE void normalize_row(size_t length, size_t columns, float *row, float reciprocal) {
    size_t j = 0;
    for (; j < length; j += LANES) {
        floats p = keep_up_to(length - j, reciprocal * load_up_to(columns - j, row + j, 0), 0);
        store_up_to(columns - j, row + j, p);
    }
    for (; j < columns; j += LANES) store_up_to(columns - j, row + j, 0);
}

static void causal_softmax_kernel(size_t rows, float *scores, size_t stride, const float *scale, float *entropy) {
    for (size_t start = 0; start < rows; start += LANES) {
        size_t end = smaller(rows, start + LANES);
        float maximum[LANES], sum[LANES] = {0}, weighted_sum[LANES] = {0}, reciprocal[LANES];
        for (size_t i = start; i < end; i++)
            maximum[i - start] = scale_scores(i + 1, rows, scores + i * stride, scale[i]);
        for (size_t i = start; i < end; i++)
            exponentiate_scores(
                i + 1, rows, scores + i * stride, maximum[i - start], &sum[i - start], &weighted_sum[i - start]);
        store(reciprocal, 1 / load(sum));
        for (size_t i = start; i < end; i++) normalize_row(i + 1, rows, scores + i * stride, reciprocal[i - start]);
        // -sum p log p with log p = t - log sum e^t.
        floats entropies = logarithm(load(sum)) - load(weighted_sum) * load(reciprocal);
        store_up_to(end - start, entropy + start, entropies);
    }
}

// sum p g of a row. The gradient in the lanes beyond the row becomes 0.
SOTTO_INLINE float mean_gradient(size_t length, size_t columns, const float *p, float *gradient) {
    floats products = 0;
    for (size_t j = 0; j < length; j += LANES) {
        floats g = keep_up_to(length - j, load_up_to(columns - j, gradient + j, 0), 0);
        products += load_up_to(columns - j, p + j, 0) * g;
        if (length - j < LANES) store_up_to(columns - j, gradient + j, g);
    }
    return sum_of_lanes(products);
}

// The gradient by the scores of a row is scale * p * (g - mean - entropy_gradient * (log p + entropy)). `logarithms`
// says whether the gradient of the entropy or by the scale is asked for, the only ones that need log p. Returns the
// gradient by the logarithm of the scale.
SOTTO_INLINE float softmax_row_gradient(
    size_t length, size_t columns, const float *p, float *gradient, float mean, float scale, float entropy,
    float entropy_gradient, bool logarithms) {
    floats by_scale = 0;
    size_t j = 0;
    for (; j < length; j += LANES) {
        floats probability = load_up_to(columns - j, p + j, 0);
        floats g = load_up_to(columns - j, gradient + j, 0) - mean;
        if (logarithms) {
            // For p = 0 and denormal p this is some finite number, so that the products with p vanish.
            floats logarithm = logarithm_of_normal(probability);
            g = probability * (g - entropy_gradient * (logarithm + entropy));
            by_scale += g * logarithm;
        } else {
            g = probability * g;
        }
        store_up_to(columns - j, gradient + j, keep_up_to(length - j, scale * g, 0));
    }
    for (; j < columns; j += LANES) store_up_to(columns - j, gradient + j, 0);
    return sum_of_lanes(by_scale);
}

static void causal_softmax_gradient_kernel(
    size_t rows, const float *p, float *gradient, size_t stride, const float *scale, const float *entropy,
    float entropy_gradient, float *scale_gradient) {
    bool logarithms = entropy_gradient != 0 || scale_gradient != NULL;
    for (size_t start = 0; start < rows; start += LANES) {
        size_t end = smaller(rows, start + LANES);
        float mean[LANES];
        for (size_t i = start; i < end; i++)
            mean[i - start] = mean_gradient(i + 1, rows, p + i * stride, gradient + i * stride);
        for (size_t i = start; i < end; i++) {
            const float *p_row = p + i * stride;
            float *row = gradient + i * stride;
            if (logarithms) {
                float by_scale = softmax_row_gradient(
                    i + 1, rows, p_row, row, mean[i - start], scale[i], entropy[i], entropy_gradient, true);
                if (scale_gradient != NULL) scale_gradient[i] = by_scale;
            } else {
                softmax_row_gradient(i + 1, rows, p_row, row, mean[i - start], scale[i], 0, 0, false);
            }
        }
    }
}

static void layer_norm_kernel(
    size_t rows, size_t width, const float *x, const float *gamma, const float *beta, float epsilon, float *y,
    float *mean, float *reciprocal_deviation) {
    for (size_t i = 0; i < rows; i++, x += width, y += width) {
        floats sums = 0, squares = 0;
        for (size_t j = 0; j < width; j += LANES) sums += load_up_to(width - j, x + j, 0);
        float center = sum_of_lanes(sums) / (float)width;
        for (size_t j = 0; j < width; j += LANES) {
            floats d = load_up_to(width - j, x + j, center) - center;
            squares += d * d;
        }
        float reciprocal = 1 / sqrtf(sum_of_lanes(squares) / (float)width + epsilon);
        for (size_t j = 0; j < width; j += LANES) {
            floats normal = (load_up_to(width - j, x + j, 0) - center) * reciprocal;
            floats g = load_up_to(width - j, gamma + j, 0), b = load_up_to(width - j, beta + j, 0);
            store_up_to(width - j, y + j, normal * g + b);
        }
        mean[i] = center;
        reciprocal_deviation[i] = reciprocal;
    }
}

static void layer_norm_gradient_kernel(
    size_t rows, size_t width, const float *x, const float *gamma, const float *mean,
    const float *reciprocal_deviation, const float *gradient, float *gradient_x, float *gradient_gamma,
    float *gradient_beta) {
    for (size_t i = 0; i < rows; i++, x += width, gradient += width, gradient_x += width) {
        float center = mean[i], reciprocal = reciprocal_deviation[i];
        floats sums = 0, products = 0;
        for (size_t j = 0; j < width; j += LANES) {
            size_t left = width - j;
            floats normal = (load_up_to(left, x + j, center) - center) * reciprocal;
            floats g = load_up_to(left, gradient + j, 0), scaled = g * load_up_to(left, gamma + j, 0);
            sums += scaled;
            products += scaled * normal;
            store_up_to(left, gradient_gamma + j, load_up_to(left, gradient_gamma + j, 0) + g * normal);
            store_up_to(left, gradient_beta + j, load_up_to(left, gradient_beta + j, 0) + g);
        }
        float mean_scaled = sum_of_lanes(sums) / (float)width, mean_product = sum_of_lanes(products) / (float)width;
        for (size_t j = 0; j < width; j += LANES) {
            size_t left = width - j;
            floats normal = (load_up_to(left, x + j, center) - center) * reciprocal;
            floats scaled = load_up_to(left, gradient + j, 0) * load_up_to(left, gamma + j, 0);
            floats by_x = reciprocal * (scaled - mean_scaled - normal * mean_product);
            store_up_to(left, gradient_x + j, load_up_to(left, gradient_x + j, 0) + by_x);
        }
    }
}

// The logits of a row become e^(logit - maximum). Returns the sum of these.
static double exponentiate_logits(size_t columns, float *logits, float maximum) {
    // Long rows are summed in double precision, a stretch at a time.
    const size_t stretch = 64 * LANES;
    double sum = 0;
    for (size_t start = 0; start < columns; start += stretch) {
        size_t end = smaller(columns, start + stretch);
        floats sums = 0;
        for (size_t j = start; j < end; j += LANES) {
            floats t = load_up_to(end - j, logits + j, -__builtin_inff()) - maximum;
            floats e = exponential_of_difference(&t);
            sums += e;
            store_up_to(end - j, logits + j, e);
        }
        sum += (double)sum_of_lanes(sums);
    }
    return sum;
}

static double cross_entropy_kernel(
    size_t rows, size_t columns, float *logits, const int32_t *targets, float weight) {
    double loss = 0;
    for (size_t i = 0; i < rows; i++, logits += columns) {
        floats maxima = -__builtin_inff();
        for (size_t j = 0; j < columns; j += LANES)
            maxima = larger_of(load_up_to(columns - j, logits + j, -__builtin_inff()), maxima);
        float maximum = maximum_of_lanes(maxima);
        float target = logits[targets[i]];
        double sum = exponentiate_logits(columns, logits, maximum);
        loss += log(sum) - ((double)target - (double)maximum);
        float factor = (float)((double)weight / sum);
        for (size_t j = 0; j < columns; j += LANES)
            store_up_to(columns - j, logits + j, factor * load_up_to(columns - j, logits + j, 0));
        logits[targets[i]] -= weight;
    }
    return loss;
}

static void add_bias_kernel(size_t rows, size_t width, const float *bias, float *y) {
    for (size_t i = 0; i < rows; i++, y += width)
        for (size_t j = 0; j < width; j += LANES)
            store_up_to(width - j, y + j, load_up_to(width - j, y + j, 0) + load_up_to(width - j, bias + j, 0));
}

static void column_sums_kernel(size_t rows, size_t width, const float *x, float *sums) {
    size_t j = 0;
    // Four vectors of columns at a time stay in registers over all rows.
    for (; j + 4 * LANES <= width; j += 4 * LANES) {
        floats s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (size_t i = 0; i < rows; i++) {
            const float *row = x + i * width + j;
            s0 += load(row);
            s1 += load(row + LANES);
            s2 += load(row + 2 * LANES);
            s3 += load(row + 3 * LANES);
        }
        store(sums + j, load(sums + j) + s0);
        store(sums + j + LANES, load(sums + j + LANES) + s1);
        store(sums + j + 2 * LANES, load(sums + j + 2 * LANES) + s2);
        store(sums + j + 3 * LANES, load(sums + j + 3 * LANES) + s3);
    }
    for (; j < width; j += LANES) {
        floats s = 0;
        for (size_t i = 0; i < rows; i++) s += load_up_to(width - j, x + i * width + j, 0);
        store_up_to(width - j, sums + j, load_up_to(width - j, sums + j, 0) + s);
    }
}

static void scaled_sum_kernel(size_t count, float a, const float *x, float b, float *y) {
    for (size_t i = 0; i < count; i += LANES) {
        size_t left = count - i;
        store_up_to(left, y + i, a * load_up_to(left, x + i, 0) + b * load_up_to(left, y + i, 0));
    }
}

static double dot_kernel(size_t count, const float *x, const float *y) {
    doubles sums = 0;
    for (size_t i = 0; i < count; i += LANES) {
        doubles v = __builtin_convertvector(load_up_to(count - i, x + i, 0), doubles);
        sums += v * __builtin_convertvector(load_up_to(count - i, y + i, 0), doubles);
    }
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++) sum += sums[lane];
    return sum;
}

static double sum_of_squares_kernel(size_t count, const float *x) { return dot_kernel(count, x, x); }

static void adamw_kernel(
    size_t count, sotto_adamw step, const float *gradient, float *parameter, float *first_moment,
    float *second_moment) {
    float kept = 1 - step.learning_rate * step.weight_decay;
    for (size_t i = 0; i < count; i += LANES) {
        size_t left = count - i;
        floats g = step.gradient_scale * load_up_to(left, gradient + i, 0);
        floats m = step.beta1 * load_up_to(left, first_moment + i, 0) + (1 - step.beta1) * g;
        floats v = step.beta2 * load_up_to(left, second_moment + i, 0) + (1 - step.beta2) * (g * g);
        floats deviation = __builtin_elementwise_sqrt(v * step.correction2) + step.epsilon;
        floats p = kept * load_up_to(left, parameter + i, 0);
        store_up_to(left, first_moment + i, m);
        store_up_to(left, second_moment + i, v);
        store_up_to(left, parameter + i, p - step.learning_rate * (m * step.correction1) / deviation);
    }
}

const sotto_float_kernels KERNELS = {
    .exp = exp_kernel,
    .log = log_kernel,
    .tanh = tanh_kernel,
    .relu = relu_kernel,
    .gelu_new = gelu_new_kernel,
    .relu_gradient = relu_gradient_kernel,
    .gelu_new_gradient = gelu_new_gradient_kernel,
    .causal_softmax = causal_softmax_kernel,
    .causal_softmax_gradient = causal_softmax_gradient_kernel,
    .layer_norm = layer_norm_kernel,
    .layer_norm_gradient = layer_norm_gradient_kernel,
    .cross_entropy = cross_entropy_kernel,
    .add_bias = add_bias_kernel,
    .column_sums = column_sums_kernel,
    .scaled_sum = scaled_sum_kernel,
    .dot = dot_kernel,
    .sum_of_squares = sum_of_squares_kernel,
    .adamw = adamw_kernel,
};
