"""Writes the entropies that Hugging Face's attention has for the random models of `Tests/TestSupport/Data`.

    pip install torch transformers safetensors
    python Tests/SottoAttentionEntropyTests/Reference/make_entropy_reference.py

Weights are read from their files, and the forward pass runs in double precision (but for the softmax of LLaMA, which
Hugging Face computes in single precision). The entropies are those of the probabilities that `output_attentions`
returns.
"""

import json
import pathlib

import torch
from transformers import AutoModelForCausalLM

TESTS = pathlib.Path(__file__).resolve().parent.parent.parent
MODELS = TESTS / "TestSupport" / "Data"
DATA = TESTS / "AttentionEntropyTests" / "Data"

CASES = [
    "HuggingFace/gelu_new", "HuggingFace/gelu", "HuggingFace/relu", "HuggingFace/odd_inner", "HuggingFace/untied",
    "HuggingFace/bfloat", "HuggingFace/one_token", "LLaMA/plain", "LLaMA/grouped", "LLaMA/one_shared_head",
]
WINDOWS = 3
EPSILON = 1e-12
# Large enough to be seen in the results.
COARSE_EPSILON = 1e-4


def entropies(attention, epsilon):
    """Of the last axis, the keys. Epsilon pushes one-hot rows below 0, where they are cut off."""
    return (-(attention * torch.log(attention + epsilon)).sum(-1)).clamp(min=0)


def digits(tensor):
    return json.loads(json.dumps(tensor.tolist()), parse_float=lambda text: round(float(text), 10))


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    results = []
    for seed, name in enumerate(CASES):
        model = AutoModelForCausalLM.from_pretrained(
            MODELS / name, attn_implementation="eager", dtype=torch.float64).eval()
        config = model.config
        generator = torch.Generator().manual_seed(4000 + seed)
        length = config.max_position_embeddings
        windows = torch.randint(0, config.vocab_size, (WINDOWS, length), generator=generator)
        with torch.no_grad():
            # A list of [windows, heads, queries, keys], one for each layer.
            attentions = model(windows, output_attentions=True).attentions
        stacked = torch.stack([attention.double() for attention in attentions])
        fine, coarse = entropies(stacked, EPSILON).mean(1), entropies(stacked, COARSE_EPSILON).mean(1)
        results.append(dict(
            model=name, windows=windows.tolist(), per_query=digits(fine), means=digits(fine.mean(-1)),
            coarse_means=digits(coarse.mean(-1))))
        print(name, "mean entropy of each head", [round(value, 2) for value in fine.mean(-1).flatten().tolist()])
    document = dict(epsilon=EPSILON, coarse_epsilon=COARSE_EPSILON, cases=results)
    (DATA / "entropies.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
