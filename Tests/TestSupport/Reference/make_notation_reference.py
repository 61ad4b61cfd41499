"""Writes small random models of the networks that Hugging Face's GPT-2 lacks, and their logits.

    pip install torch safetensors
    python Tests/TestSupport/Reference/make_notation_reference.py

The forward pass is written here once more, from the paper's formulas, in double precision.
"""

import json
import math
import pathlib

import torch
from safetensors.torch import save_file

DATA = pathlib.Path(__file__).resolve().parent.parent / "Data" / "Notation"

ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": lambda x: x.clamp(min=0),
    "gelu": lambda x: x * 0.5 * (1 + torch.erf(x / math.sqrt(2))),
    "gelu_new": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
}


def layer(norm="none", activation="identity", fused=False, scaled=False, temperature=False, norm2=None):
    return dict(
        norm1=norm, norm2=norm if norm2 is None else norm2, activation=activation, fused=fused, scaled=scaled,
        temperature=temperature)


# name: layers, final norm, sizes (vocabulary, width, heads, context, inner), tied, tokens
CASES = {
    "SM+LN+G": ([layer("layer_norm", "gelu_new")] * 2, "layer_norm", (29, 14, 2, 12, 31), True, 12),
    "SM+LN+R": ([layer("layer_norm", "relu")] * 2, "layer_norm", (31, 15, 3, 13, 29), False, 11),
    "SM+LN": ([layer("layer_norm")] * 3, "layer_norm", (37, 16, 4, 14, 65), True, 13),
    "SM+G": ([layer(activation="gelu_new")] * 2, "none", (41, 18, 2, 15, 37), True, 14),
    "SM+R": ([layer(activation="relu")] * 2, "none", (43, 20, 1, 16, 80), False, 16),
    "SM": ([layer()] * 3, "none", (47, 21, 3, 17, 43), True, 15),
    "SM+ScFuFFN": ([layer(fused=True, scaled=True)] * 3, "none", (53, 24, 4, 18, 96), True, 17),
    "SM(t)+ScFuFFN": (
        [layer(fused=True, scaled=True, temperature=True)] * 3, "none", (59, 25, 5, 19, 100), True, 19),
    "edited": (
        [
            layer("layer_norm", "gelu", norm2="none", scaled=True),
            layer("none", "relu", norm2="layer_norm", temperature=True),
            layer("layer_norm", fused=True),
        ],
        "layer_norm", (61, 22, 2, 20, 45), False, 18),
}


def weights(layers, final_norm, sizes, tied, generator):
    vocabulary, width, heads, context, inner = sizes
    tensors = {}

    def normal(name, shape, deviation, mean=0.0):
        value = mean + deviation * torch.randn(shape, generator=generator, dtype=torch.float64)
        tensors[name] = value.float().double()

    def linear(name, rows, columns, gain=1.0):
        normal(name + ".weight", (rows, columns), gain / math.sqrt(rows))
        normal(name + ".bias", (columns,), 0.2)

    def norm(name):
        normal(name + ".weight", (width,), 0.3, 1.0)
        normal(name + ".bias", (width,), 0.3)

    normal("transformer.wte.weight", (vocabulary, width), 0.5)
    normal("transformer.wpe.weight", (context, width), 0.5)
    for index, parts in enumerate(layers):
        path = f"transformer.h.{index}"
        if parts["norm1"] != "none":
            norm(path + ".ln_1")
        linear(path + ".attn.c_attn", width, 3 * width, 1.5)
        if parts["temperature"]:
            normal(path + ".attn.temperature", (heads, context), 0.15, 0.7)
        linear(path + ".attn.c_proj", width, width, 0.6)
        if parts["norm2"] != "none":
            norm(path + ".ln_2")
        if parts["fused"]:
            linear(path + ".mlp.fused", width, width, 0.6)
        else:
            linear(path + ".mlp.c_fc", width, inner)
            linear(path + ".mlp.c_proj", inner, width, 0.6)
        if parts["scaled"]:
            normal(path + ".mlp.alpha", (), 0.2, 1.6)
            normal(path + ".mlp.beta", (), 0.2, 0.8)
    if final_norm != "none":
        norm("transformer.ln_f")
    if not tied:
        normal("lm_head.weight", (vocabulary, width), 0.5)
    return tensors


def forward(tensors, layers, final_norm, sizes, tokens):
    vocabulary, width, heads, context, inner = sizes
    count, head_width = len(tokens), width // heads

    def linear(name, x):
        return x @ tensors[name + ".weight"] + tensors[name + ".bias"]

    def norm(name, kind, x):
        if kind == "none":
            return x
        mean = x.mean(-1, keepdim=True)
        variance = ((x - mean) ** 2).mean(-1, keepdim=True)
        return (x - mean) / torch.sqrt(variance + 1e-5) * tensors[name + ".weight"] + tensors[name + ".bias"]

    x = tensors["transformer.wte.weight"][tokens] + tensors["transformer.wpe.weight"][:count]
    mask = torch.ones(count, count).tril().bool()
    for index, parts in enumerate(layers):
        path = f"transformer.h.{index}"
        qkv = linear(path + ".attn.c_attn", norm(path + ".ln_1", parts["norm1"], x))
        outputs = []
        for head in range(heads):
            q, k, v = (
                qkv[:, part * width + head * head_width : part * width + (head + 1) * head_width] for part in range(3))
            scores = q @ k.T / math.sqrt(head_width)
            if parts["temperature"]:
                scores = scores / tensors[path + ".attn.temperature"][head, :count, None]
            outputs.append(torch.softmax(scores.masked_fill(~mask, -math.inf), -1) @ v)
        x = x + linear(path + ".attn.c_proj", torch.cat(outputs, -1))
        y = norm(path + ".ln_2", parts["norm2"], x)
        if parts["fused"]:
            y = linear(path + ".mlp.fused", y)
        else:
            y = linear(path + ".mlp.c_proj", ACTIVATIONS[parts["activation"]](linear(path + ".mlp.c_fc", y)))
        if parts["scaled"]:
            x = tensors[path + ".mlp.beta"] * x + y / tensors[path + ".mlp.alpha"]
        else:
            x = x + y
    x = norm("transformer.ln_f", final_norm, x)
    return x @ tensors.get("lm_head.weight", tensors["transformer.wte.weight"]).T


def main():
    for seed, (name, (layers, final_norm, sizes, tied, count)) in enumerate(CASES.items()):
        generator = torch.Generator().manual_seed(2000 + seed)
        vocabulary, width, heads, context, inner = sizes
        tensors = weights(layers, final_norm, sizes, tied, generator)
        tokens = torch.randint(0, vocabulary, (count,), generator=generator)
        logits = forward(tensors, layers, final_norm, sizes, tokens)
        directory = DATA / name
        directory.mkdir(parents=True, exist_ok=True)
        configuration = dict(
            model_type="gpt2", vocab_size=vocabulary, n_positions=context, n_embd=width, n_layer=len(layers),
            n_head=heads, n_inner=inner, layer_norm_epsilon=1e-5, tie_word_embeddings=tied,
            sotto=dict(final_norm=final_norm, layers=layers))
        (directory / "config.json").write_text(json.dumps(configuration, indent=2) + "\n")
        (directory / "tokens.json").write_text(json.dumps(tokens.tolist()) + "\n")
        save_file(
            {key: value.float().contiguous() for key, value in tensors.items()}, directory / "model.safetensors")
        save_file({"logits": logits.float().contiguous()}, directory / "logits.safetensors")
        print(name, "largest logit", logits.abs().max().item())


if __name__ == "__main__":
    main()
