"""Writes values and gradients of the entropy regulariser by PyTorch, for its tests.

    pip install torch
    python Tests/SottoAttentionEntropyTests/Reference/make_regulariser_reference.py

Algorithm 1 of arXiv 2501.03489 is written here once more, in double precision, and differentiated automatically.
"""

import json
import math
import pathlib

import torch

DATA = pathlib.Path(__file__).resolve().parent.parent / "Data"

CASES = [
    # heads of each layer, T, gamma
    ([1], 2, 0.2),
    ([4, 4, 4], 128, 0.2),
    ([3, 1, 5, 2], 512, 0.1),
    ([2, 2], 64, 0.0),
    ([6] * 6, 256, 0.3),
    ([2, 3], 32, 2.0),
]


def penalty(entropies, thresholds, maximum, gamma):
    tolerance = gamma * maximum
    layers = []
    for layer, limits in zip(entropies, thresholds):
        deviation = layer - limits * maximum
        layers.append(torch.where(deviation.abs() > tolerance, deviation**2, torch.zeros_like(deviation)).mean())
    return torch.stack(layers).mean()


def main():
    generator = torch.Generator().manual_seed(5000)
    results = []
    for heads, context, gamma in CASES:
        maximum = math.log(context)

        def uniform(scale):
            return [
                (torch.rand(count, generator=generator, dtype=torch.float64) * scale).requires_grad_()
                for count in heads]

        entropies, thresholds = uniform(maximum), uniform(1.0)
        value = penalty(entropies, thresholds, maximum, gamma)
        value.backward()
        results.append(dict(
            maximum=maximum, gamma=gamma, value=value.item(),
            entropies=[layer.tolist() for layer in entropies], thresholds=[layer.tolist() for layer in thresholds],
            entropy_gradients=[layer.grad.tolist() for layer in entropies],
            threshold_gradients=[layer.grad.tolist() for layer in thresholds]))
        print(heads, context, gamma, value.item())
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / "regulariser.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
