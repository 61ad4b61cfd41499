"""Writes losses, gradients and three AdamW updates of small random models by PyTorch, for the tests of the trainer.

    pip install torch transformers safetensors
    python Tests/SottoTrainingTests/Reference/make_training_reference.py

Parameters are rounded to single precision first; everything is then computed in double precision by the model of
docs/pytorch.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(__file__).resolve().parents[1] / "Data"
sys.path.insert(0, str(ROOT / "docs" / "pytorch"))

from modeling_sotto import ARCHITECTURES, SottoConfig, SottoForCausalLM  # noqa: E402

SIZES = dict(n_layer=2, n_head=2, n_embd=8, n_inner=20, n_positions=6, vocab_size=11)
BATCH = 3
LEARNING_RATES = [2e-3, 3e-3, 1e-3]
REGULARISER = {"coefficient": 0.1, "tolerance": 0.05}
EVERY = ["query", "key", "value", "output", "ffn"]


def cases() -> dict[str, dict[str, Any]]:
    result: dict[str, dict[str, Any]] = {name: {"architecture": name} for name in ARCHITECTURES}
    result["EReg(SM(t)+ScFuFFN)"]["regulariser"] = REGULARISER
    result["untied"] = {"architecture": "SM+LN+G", "tie_word_embeddings": False}
    result["regularised"] = {"architecture": "SM+LN+G", "regulariser": REGULARISER}
    for kind in ("weight", "spectral"):
        for architecture, matrices in (("SM", ["ffn"]), ("SM+G", ["query", "key"]), ("SM+ScFuFFN", EVERY)):
            result[f"{kind} {architecture}"] = {
                "architecture": architecture, "normalization": {"kind": kind, "matrices": matrices}}
    return result


def name_in_sotto(name: str) -> str:
    """The trainer's name of a parameter."""
    name = name.removeprefix("transformer.")
    name = re.sub(r"attn\.c_\w+\.(gain|right)_(query|key|value|output)$", r"attn.\2.\1", name)
    for matrix, title in (("c_fc", "input"), ("c_proj", "output"), ("fused", "fused")):
        name = re.sub(rf"mlp\.{matrix}\.(gain|right)_ffn$", rf"mlp.{title}.\1", name)
    return name


def deviation_and_mean(name: str) -> tuple[float, float]:
    last = name.split(".")[-1]
    if last in ("alpha", "beta"):
        return 0.2, 1.4 if last == "alpha" else 0.8
    if last == "temperature":
        return 0.1, 1.0
    if last == "threshold":
        return 0.05, 0.4
    if last.startswith("gain"):
        return 0.2, 1.0
    if ".ln_" in name and last == "weight":
        return 0.2, 1.0
    return 0.3, 0.0


@torch.no_grad()
def randomize(model: SottoForCausalLM, generator: torch.Generator) -> None:
    for name, parameter in model.named_parameters():
        deviation, mean = deviation_and_mean(name)
        value = mean + deviation * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        parameter.copy_(value.float().double())
    for name, buffer in model.named_buffers():
        # Settled, so that one step of power iteration changes nothing.
        path, block = name.rsplit(".right_", 1)
        matrix = model.get_submodule(path).parts()[block]
        buffer.copy_(torch.linalg.svd(matrix).Vh[0])


def is_decayed(name: str) -> bool:
    return bool(re.search(r"(c_attn|c_proj|c_fc|fused|lm_head)\.weight$", name))


def run(case: dict[str, Any], generator: torch.Generator) -> tuple[dict[str, Any], dict[str, Tensor]]:
    model = SottoForCausalLM(SottoConfig.of(**case, **SIZES)).double()
    randomize(model, generator)
    model.train()
    tensors = {f"parameter/{name_in_sotto(name)}": value.clone() for name, value in model.state_dict().items()}
    if case.get("tie_word_embeddings", True):
        del tensors["parameter/lm_head.weight"]
    tokens = torch.randint(
        0, SIZES["vocab_size"], (len(LEARNING_RATES), BATCH, SIZES["n_positions"] + 1), generator=generator)
    groups = [
        {"params": [p for n, p in model.named_parameters() if is_decayed(n)], "weight_decay": 0.1},
        {"params": [p for n, p in model.named_parameters() if not is_decayed(n)], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.95), eps=1e-8)
    losses, norms = [], []
    first = None
    for windows, rate in zip(tokens, LEARNING_RATES):
        output = model(windows[:, :-1], shift_labels=windows[:, 1:], output_entropies=True)
        optimizer.zero_grad()
        output.loss.backward()
        if first is None:
            first = output
            tensors |= {f"gradient/{name_in_sotto(n)}": p.grad.clone() for n, p in model.named_parameters()}
        losses.append(output.cross_entropy.item())
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
    tensors |= {f"updated/{name_in_sotto(n)}": p.detach().clone() for n, p in model.named_parameters()}
    numbers = dict(
        tokens=tokens.tolist(), losses=losses, gradientNorms=norms, entropies=first.entropies.tolist(),
        penalty=0.0 if first.penalty is None else first.penalty.item())
    return numbers, tensors


def main() -> None:
    documents, tensors = [], {}
    for seed, (name, case) in enumerate(cases().items()):
        numbers, own = run(case, torch.Generator().manual_seed(3000 + seed))
        tensors |= {f"{name}/{key}": value.float().contiguous() for key, value in own.items()}
        documents.append(dict(
            name=name, architecture=case["architecture"], tiedHead=case.get("tie_word_embeddings", True),
            normalization=case.get("normalization"), regulariser=case.get("regulariser"), **numbers))
        print(name, "loss", numbers["losses"], "norms", numbers["gradientNorms"], "penalty", numbers["penalty"])
    sizes = dict(
        layers=SIZES["n_layer"], heads=SIZES["n_head"], width=SIZES["n_embd"], feedForwardWidth=SIZES["n_inner"],
        context=SIZES["n_positions"], vocabulary=SIZES["vocab_size"])
    DATA.mkdir(exist_ok=True)
    document = dict(sizes=sizes, batch=BATCH, learningRates=LEARNING_RATES, cases=documents)
    (DATA / "training.json").write_text(json.dumps(document, indent=1) + "\n")
    save_file(tensors, DATA / "training.safetensors")


if __name__ == "__main__":
    main()
