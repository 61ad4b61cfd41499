#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Single-precision kernels of training: what is not a matrix product. All matrices are row-major. A path gives the same
// bits on every call, whatever the alignment of its arguments; paths differ from each other in the last places. What is
// not a number stays so in everything that depends on it, so that training notices.

// The instruction sets that the kernels have a path for.
typedef enum {
    SOTTO_FLOAT_PORTABLE = 0,
    SOTTO_FLOAT_AVX2 = 1,
    SOTTO_FLOAT_AVX512 = 2,
} sotto_float_path;

// The constants of a step of AdamW.
typedef struct {
    float learning_rate;
    float beta1;
    float beta2;
    float epsilon;
    // Decoupled: parameters shrink by learning_rate * weight_decay.
    float weight_decay;
    // What gradients are multiplied with first, for clipping.
    float gradient_scale;
    // 1 / (1 - beta1^step) and 1 / (1 - beta2^step).
    float correction1;
    float correction2;
} sotto_adamw;

// The kernels of one path.
typedef struct {
    // y[i] = f(x[i]); x and y may be the same. For all floats, exp and log are within 1 unit of the last place and tanh
    // within 3; gelu_new is within 4e-7 of its size and 2e-7 of that of x. relu(-0) is 0.
    // The first three are inside other kernels; by themselves they are there to measure their accuracy.
    void (*exp)(size_t count, const float *x, float *y);
    void (*log)(size_t count, const float *x, float *y);
    void (*tanh)(size_t count, const float *x, float *y);
    void (*relu)(size_t count, const float *x, float *y);
    // x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x^3))).
    void (*gelu_new)(size_t count, const float *x, float *y);
    // gradient[i] *= f'(x[i]).
    void (*relu_gradient)(size_t count, const float *x, float *gradient);
    void (*gelu_new_gradient)(size_t count, const float *x, float *gradient);

    // Causal softmax of scores[rows][stride], in place: row i becomes softmax(scale[i] * scores[i][0...i]), then 0
    // up to `rows`, whatever stood there. Probabilities below e^-87 of the row's largest are 0. entropy[i] is the row's
    // -sum p log p, natural.
    void (*causal_softmax)(size_t rows, float *scores, size_t stride, const float *scale, float *entropy);
    // The gradient of the above. gradient[rows][stride] is that by the probabilities p, and becomes that by the scores
    // before scaling; 0 beyond column i up to `rows`. `entropy_gradient` is the loss's gradient by each entropy[i].
    // Unless it is NULL, scale_gradient[i] receives the gradient by log(scale[i]), which is
    // sum_j (gradient by the scaled score j) * log p[i][j]. Logarithms are taken only if one of the two asks for them.
    void (*causal_softmax_gradient)(
        size_t rows, const float *p, float *gradient, size_t stride, const float *scale, const float *entropy,
        float entropy_gradient, float *scale_gradient);

    // y = gamma * (x - mean) / sqrt(variance + epsilon) + beta of every row [width]; mean[i] and the reciprocal
    // deviation[i] of each row are kept for the gradient. y may be x.
    void (*layer_norm)(
        size_t rows, size_t width, const float *x, const float *gamma, const float *beta, float epsilon, float *y,
        float *mean, float *reciprocal_deviation);
    // Adds the gradient by x to `gradient_x`, and those by gamma and beta to theirs. `gradient` is that by y.
    void (*layer_norm_gradient)(
        size_t rows, size_t width, const float *x, const float *gamma, const float *mean,
        const float *reciprocal_deviation, const float *gradient, float *gradient_x, float *gradient_gamma,
        float *gradient_beta);

    // Sum over rows of -log softmax(logits[i])[targets[i]]; logits[rows][columns] become weight * (softmax - one-hot).
    // Targets are in 0..<columns.
    double (*cross_entropy)(size_t rows, size_t columns, float *logits, const int32_t *targets, float weight);

    // y[i] += bias for every row.
    void (*add_bias)(size_t rows, size_t width, const float *bias, float *y);
    // sums[j] += sum over rows of x[i][j].
    void (*column_sums)(size_t rows, size_t width, const float *x, float *sums);
    // y = a*x + b*y.
    void (*scaled_sum)(size_t count, float a, const float *x, float b, float *y);
    // Inner product and sum of squares, summed in double precision.
    double (*dot)(size_t count, const float *x, const float *y);
    double (*sum_of_squares)(size_t count, const float *x);

    // A step of AdamW on `count` parameters with their gradients and both moments.
    void (*adamw)(
        size_t count, sotto_adamw step, const float *gradient, float *parameter, float *first_moment,
        float *second_moment);
} sotto_float_kernels;

// Whether this processor can run the path.
bool sotto_float_available(sotto_float_path path);

// The kernels of a path, which must be available.
const sotto_float_kernels *sotto_float_kernels_of(sotto_float_path path);
