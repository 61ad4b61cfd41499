"""Runs models that Sotto wrote with docs/pytorch, and writes models for Sotto to read.

    python Tests/SottoTrainingTests/Reference/run_models.py DIRECTORY

Every model directory in DIRECTORY holds windows in `tokens.json`, [window][token]. Each gets `pytorch.json` with logits
[window][T][vocabulary], loss and entropies, and `saved`: the same architecture with random weights, some normalised,
after a few updates, as `save_pretrained` writes it, and its own `pytorch.json`.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "docs" / "pytorch"))

from modeling_sotto import SottoForCausalLM  # noqa: E402

NORMALIZATIONS = [
    {"kind": "weight", "matrices": ["query", "key", "ffn"]},
    {"kind": "spectral", "matrices": ["query", "key", "value", "output", "ffn"]},
    None,
]


@torch.no_grad()
def numbers(model: SottoForCausalLM, tokens: Tensor) -> dict[str, Any]:
    model.eval()
    output = model(tokens, labels=tokens, output_entropies=True)
    # The path without entropies must be the same network.
    difference = (model(tokens).logits - output.logits).abs().max()
    if difference > 1e-4 * output.logits.abs().max():
        raise SystemExit(f"logits with and without entropies differ by {difference}")
    return {
        "logits": output.logits.tolist(), "loss": output.loss.item(), "entropies": output.entropies.tolist()}


def trained(model: SottoForCausalLM, index: int, tokens: Tensor) -> SottoForCausalLM:
    """A few updates of a model with random, normalised weights."""
    torch.manual_seed(index)
    config = model.config
    config.normalization = NORMALIZATIONS[index % len(NORMALIZATIONS)]
    config.regulariser = {"coefficient": 0.1, "tolerance": 0.05} if index % 2 == 0 else None
    config.initializer_range = 0.3
    model = SottoForCausalLM(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(5):
        optimizer.zero_grad()
        model(tokens, labels=tokens).loss.backward()
        optimizer.step()
    return model


def main() -> None:
    torch.set_num_threads(1)
    for index, path in enumerate(sorted(Path(sys.argv[1]).glob("*/config.json"))):
        directory = path.parent
        tokens = torch.tensor(json.loads((directory / "tokens.json").read_text()))
        model = SottoForCausalLM.from_pretrained(directory)
        (directory / "pytorch.json").write_text(json.dumps(numbers(model, tokens)))
        model = trained(model, index, tokens)
        model.save_pretrained(directory / "saved")
        (directory / "saved" / "pytorch.json").write_text(json.dumps(numbers(model, tokens)))


if __name__ == "__main__":
    main()
