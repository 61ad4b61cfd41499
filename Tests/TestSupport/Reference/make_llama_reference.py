"""Writes small random LLaMA models and their logits by Hugging Face, for the tests of the plaintext and private passes.

    pip install torch transformers safetensors
    python Tests/TestSupport/Reference/make_llama_reference.py

Weights are large enough that attention is not uniform. Logits are computed in double precision, angles of the rotary
embedding too; only norms and softmax are in single precision, as Hugging Face has them.
"""

import json
import pathlib

import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

DATA = pathlib.Path(__file__).resolve().parent.parent / "Data" / "LLaMA"


def sizes(vocabulary, width, heads, shared, layers, inner, context, **others):
    return dict(
        vocab_size=vocabulary, hidden_size=width, num_attention_heads=heads, num_key_value_heads=shared,
        num_hidden_layers=layers, intermediate_size=inner, max_position_embeddings=context, **others)


CASES = {
    # name: config, standard deviation, tokens, dtype of the file
    "plain": (sizes(31, 12, 3, 3, 2, 20, 16), 0.3, 16, torch.float32),
    "grouped": (sizes(47, 24, 4, 2, 2, 33, 19, rope_theta=500000.0), 0.25, 17, torch.float32),
    "one_shared_head": (sizes(37, 16, 4, 1, 3, 27, 23, rms_norm_eps=1e-5), 0.3, 23, torch.bfloat16),
    "tied": (sizes(53, 30, 5, 5, 2, 41, 13, tie_word_embeddings=True), 0.25, 11, torch.float32),
    "one_token": (sizes(41, 16, 2, 1, 1, 17, 9), 0.4, 1, torch.float16),
    "gelu": (sizes(43, 18, 1, 1, 1, 29, 15, hidden_act="gelu_new", rms_norm_eps=1e-3), 0.4, 13, torch.float32),
    # In three files behind an index.
    "sharded": (sizes(29, 20, 2, 2, 3, 35, 12), 0.3, 9, torch.float32),
}


class ExactRotary(torch.nn.Module):
    """Cosines and sines of the angles in double precision, each frequency twice as Hugging Face lays them out."""

    def __init__(self, theta, width):
        super().__init__()
        self.frequencies = theta ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)

    def forward(self, x, position_ids):
        angles = position_ids[0, :, None].double() * self.frequencies[None]
        angles = torch.cat([angles, angles], -1)[None]
        return angles.cos(), angles.sin()


def randomize(model, deviation, dtype, generator):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * deviation
            is_gain = "norm" in name
            # Rounded to the file's type first, so that file and logits belong together exactly.
            parameter.copy_(((1 + noise) if is_gain else noise).to(dtype).to(parameter.dtype))


def in_shards(directory, count):
    path = directory / "model.safetensors"
    tensors = load_file(path)
    path.unlink()
    names = sorted(tensors)
    files = [f"model-{index + 1:05}-of-{count:05}.safetensors" for index in range(count)]
    place = {name: files[index * count // len(names)] for index, name in enumerate(names)}
    for file in files:
        save_file({name: tensors[name] for name in names if place[name] == file}, directory / file)
    index = dict(metadata=dict(total_size=sum(4 * tensor.numel() for tensor in tensors.values())), weight_map=place)
    (directory / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def main():
    for seed, (name, (settings, deviation, count, dtype)) in enumerate(CASES.items()):
        generator = torch.Generator().manual_seed(3000 + seed)
        theta = settings.get("rope_theta", 10000.0)
        config = LlamaConfig(bos_token_id=None, eos_token_id=None, pad_token_id=None, **settings)
        config._attn_implementation = "eager"
        model = LlamaForCausalLM(config).double().eval()
        width = config.hidden_size // config.num_attention_heads
        model.model.rotary_emb = ExactRotary(theta, width)
        randomize(model, deviation, dtype, generator)
        tokens = torch.randint(0, config.vocab_size, (count,), generator=generator)
        with torch.no_grad():
            logits = model(tokens[None]).logits[0]
        directory = DATA / name
        directory.mkdir(parents=True, exist_ok=True)
        tensors = {
            key: value.to(dtype).contiguous() for key, value in model.state_dict().items()
            if not (config.tie_word_embeddings and key == "lm_head.weight")}
        save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
        config.save_pretrained(directory)
        if name == "sharded":
            in_shards(directory, 3)
        save_file({"logits": logits.float().contiguous()}, directory / "logits.safetensors")
        (directory / "tokens.json").write_text(json.dumps(tokens.tolist()) + "\n")
        print(name, "largest logit", logits.abs().max().item())


if __name__ == "__main__":
    main()
