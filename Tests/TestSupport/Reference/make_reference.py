"""Writes small random GPT-2 models and their logits by Hugging Face, for the tests of the plaintext forward pass.

    pip install torch transformers safetensors
    python Tests/TestSupport/Reference/make_reference.py

Weights are large enough that attention is not uniform. Logits are computed in double precision.
"""

import json
import pathlib

import torch
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel

DATA = pathlib.Path(__file__).resolve().parent.parent / "Data" / "HuggingFace"

CASES = {
    # name: config, standard deviation, tokens, dtype of the file
    "gelu_new": (dict(vocab_size=31, n_embd=12, n_head=3, n_layer=2, n_positions=16), 0.3, 16, torch.float32),
    "gelu": (
        dict(vocab_size=61, n_embd=20, n_head=4, n_layer=3, n_positions=19, activation_function="gelu"),
        0.25, 17, torch.float32),
    "relu": (
        dict(vocab_size=47, n_embd=18, n_head=1, n_layer=1, n_positions=11, activation_function="relu"),
        0.5, 11, torch.float32),
    "odd_inner": (
        dict(vocab_size=101, n_embd=48, n_head=4, n_layer=2, n_positions=33, n_inner=77), 0.2, 29, torch.float32),
    "untied": (
        dict(vocab_size=53, n_embd=30, n_head=2, n_layer=2, n_positions=24, n_inner=41, tie_word_embeddings=False,
             layer_norm_epsilon=1e-3), 0.3, 24, torch.float32),
    "half": (dict(vocab_size=37, n_embd=21, n_head=3, n_layer=2, n_positions=13), 0.4, 12, torch.float16),
    "bfloat": (
        dict(vocab_size=67, n_embd=33, n_head=3, n_layer=3, n_positions=21, n_inner=65, activation_function="gelu"),
        0.3, 20, torch.bfloat16),
    "one_token": (dict(vocab_size=41, n_embd=16, n_head=2, n_layer=1, n_positions=9), 0.3, 1, torch.float32),
    # As files of the first years: no prefix, with the causal mask among the tensors.
    "unprefixed": (dict(vocab_size=43, n_embd=24, n_head=2, n_layer=2, n_positions=15), 0.3, 15, torch.float32),
}


def randomize(model, deviation, dtype, generator):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * deviation
            is_gain = ".ln_" in name and name.endswith("weight")
            # Rounded to the file's type first, so that file and logits belong together exactly.
            parameter.copy_(((1 + noise) if is_gain else noise).to(dtype).to(parameter.dtype))


def without_prefix(tensors, config):
    result = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
    size = config.n_positions
    for layer in range(config.n_layer):
        result[f"h.{layer}.attn.bias"] = torch.tril(torch.ones(size, size, dtype=torch.uint8)).view(1, 1, size, size)
        result[f"h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)
    return result


def main():
    for seed, (name, (settings, deviation, count, dtype)) in enumerate(CASES.items()):
        generator = torch.Generator().manual_seed(1000 + seed)
        config = GPT2Config(
            attn_pdrop=0, embd_pdrop=0, resid_pdrop=0, bos_token_id=None, eos_token_id=None, **settings)
        config._attn_implementation = "eager"
        model = GPT2LMHeadModel(config).double().eval()
        randomize(model, deviation, dtype, generator)
        tokens = torch.randint(0, config.vocab_size, (count,), generator=generator)
        with torch.no_grad():
            logits = model(tokens[None]).logits[0]
        directory = DATA / name
        model.to(dtype).save_pretrained(directory, safe_serialization=True)
        (directory / "generation_config.json").unlink(missing_ok=True)
        if name == "unprefixed":
            path = directory / "model.safetensors"
            save_file(without_prefix(load_file(path), config), path)
        save_file({"logits": logits.float().contiguous()}, directory / "logits.safetensors")
        (directory / "tokens.json").write_text(json.dumps(tokens.tolist()) + "\n")
        print(name, "largest logit", logits.abs().max().item())


if __name__ == "__main__":
    main()
