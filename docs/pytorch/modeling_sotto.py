"""The nine architectures of "Entropy-Guided Attention for Private LLMs" (arXiv 2501.03489) as a Hugging Face model.

Parameters have the names and shapes of docs/formats.md, so `sotto` reads what `save_pretrained` writes, and
`from_pretrained` reads what `sotto` writes in GPT-2's layout. Weight and spectral normalisation are folded into the
matrices on saving; what only training needs then stands beside them in `training.safetensors`.

All sequences of a batch have the same length: there is no padding and no cache.
"""

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import GPT2Config, PreTrainedModel
from transformers import initialization as init
from transformers.utils import ModelOutput

ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
}
# What `activation_function` of an ordinary GPT-2 calls them.
GPT2_ACTIVATIONS = {"linear": "identity", "gelu_pytorch_tanh": "gelu_new", "swish": "silu"}
TRAINING_STATE = "training.safetensors"
TRAINING_ONLY = [r"\.threshold$", r"\.gain_\w+$", r"\.right_\w+$"]


def layer_of(norm: str, activation: str, fused: bool = False, temperature: bool = False) -> dict[str, Any]:
    """A layer as config.json describes it; the paper scales exactly the fused FFN."""
    return dict(
        norm1=norm, norm2=norm, activation=activation, fused=fused, scaled=fused, temperature=temperature)


ARCHITECTURES = {
    "SM+LN+G": layer_of("layer_norm", "gelu_new"),
    "SM+LN+R": layer_of("layer_norm", "relu"),
    "SM+LN": layer_of("layer_norm", "identity"),
    "SM+G": layer_of("none", "gelu_new"),
    "SM+R": layer_of("none", "relu"),
    "SM": layer_of("none", "identity"),
    "SM+ScFuFFN": layer_of("none", "identity", fused=True),
    "SM(t)+ScFuFFN": layer_of("none", "identity", fused=True, temperature=True),
    "EReg(SM(t)+ScFuFFN)": layer_of("none", "identity", fused=True, temperature=True),
}


class SottoConfig(GPT2Config):
    """GPT-2's configuration; `sotto` says what GPT-2 cannot, the other keys concern training only.

    normalization: {"kind": "weight" or "spectral", "matrices": some of query, key, value, output, ffn}, or None.
    regulariser: {"coefficient": lambda, "tolerance": gamma}, or None.
    """

    sotto: dict[str, Any] | None = None
    normalization: dict[str, Any] | None = None
    regulariser: dict[str, Any] | None = None
    temperature_start: float = 1.0
    threshold_start: float = 0.5
    # GPT-2's own defaults, which mean nothing here.
    bos_token_id: int | None = None
    eos_token_id: int | None = None
    resid_pdrop: float = 0.0
    embd_pdrop: float = 0.0
    attn_pdrop: float = 0.0

    @classmethod
    def of(cls, architecture: str, tokenizer: str | None = None, **settings: Any) -> "SottoConfig":
        """The configuration of one of the paper's names; `settings` are GPT-2's sizes and the keys above.

        A name with EReg has the paper's regulariser unless the settings say otherwise.
        """
        layer = ARCHITECTURES[architecture]
        config = cls(**settings)
        config.sotto = {
            **({} if tokenizer is None else {"tokenizer": tokenizer}), "final_norm": layer["norm1"],
            "layers": [dict(layer) for _ in range(config.n_layer)]}
        if architecture.startswith("EReg") and config.regulariser is None:
            config.regulariser = {"coefficient": 1e-5, "tolerance": 0.2}
        return config

    def to_dict(self) -> dict[str, Any]:
        """What config.json says; an ordinary GPT-2 has no `sotto`."""
        return {key: value for key, value in super().to_dict().items() if key != "sotto" or value is not None}

    @property
    def layers(self) -> list[dict[str, Any]]:
        """Every layer's parts."""
        if self.sotto is None:
            name = self.activation_function
            return [layer_of("layer_norm", GPT2_ACTIVATIONS.get(name, name))] * self.n_layer
        if unknown := set(self.sotto) - {"tokenizer", "final_norm", "layers"}:
            raise ValueError(f"this file does not know {', '.join(sorted(unknown))} under \"sotto\" of config.json")
        return self.sotto["layers"]

    @property
    def final_norm(self) -> str:
        return "layer_norm" if self.sotto is None else self.sotto["final_norm"]


def norm_of(kind: str, config: SottoConfig) -> nn.Module:
    if kind not in ("none", "layer_norm"):
        raise ValueError(f"this file has no norm {kind}; it knows none and layer_norm")
    return nn.Identity() if kind == "none" else nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)


class Linear(nn.Module):
    """x·W + b with W [in, out] as GPT-2 stores it; its blocks of columns can be normalised, each by itself.

    Weight normalisation: W = g·V/|V| for every output, that is every column, g learnable. Spectral normalisation:
    W = V/sigma(V), with a step of power iteration each time in training.
    """

    def __init__(self, config: SottoConfig, rows: int, blocks: dict[str, int], writes_residual: bool = False):
        super().__init__()
        self.blocks = blocks
        self.writes_residual = writes_residual
        self.weight = nn.Parameter(torch.empty(rows, sum(blocks.values())))
        self.bias = nn.Parameter(torch.empty(sum(blocks.values())))
        normalization = config.normalization or {"kind": None, "matrices": []}
        if normalization["kind"] not in (None, "weight", "spectral"):
            raise ValueError(f"the normalisations are weight and spectral, not {normalization['kind']}")
        self.normalized = [name for name in blocks if name in normalization["matrices"]]
        self.is_spectral = normalization["kind"] == "spectral"
        for name in self.normalized:
            if self.is_spectral:
                self.register_buffer(f"right_{name}", torch.empty(blocks[name]))
            else:
                self.register_parameter(f"gain_{name}", nn.Parameter(torch.empty(blocks[name])))

    def parts(self) -> dict[str, Tensor]:
        return dict(zip(self.blocks, self.weight.split(list(self.blocks.values()), dim=1)))

    def folded_weight(self, iterates: bool = False) -> Tensor:
        """The matrix that is multiplied with, normalised where that is asked for."""
        if not self.normalized:
            return self.weight
        parts = self.parts()
        for name in self.normalized:
            v = parts[name]
            scale = 1 / self.largest_singular_value(name, v, iterates) if self.is_spectral else (
                self.get_parameter(f"gain_{name}") / v.norm(dim=0))
            parts[name] = v * scale
        return torch.cat(list(parts.values()), dim=1)

    def largest_singular_value(self, name: str, v: Tensor, iterates: bool) -> Tensor:
        right = self.get_buffer(f"right_{name}")
        with torch.no_grad():
            left = F.normalize(v @ right, dim=0)
            if iterates:
                right.copy_(F.normalize(left @ v, dim=0))
        return left @ v @ right.clone()

    def reset_normalization(self) -> None:
        """Starts gains and singular vectors so that a matrix that is folded already stays as it is."""
        parts = self.parts()
        for name in self.normalized:
            v = parts[name].detach()
            if self.is_spectral:
                right = torch.linalg.svd(v.double(), full_matrices=False).Vh[0]
                init.copy_(self.get_buffer(f"right_{name}"), right.to(v.dtype))
            else:
                init.copy_(self.get_parameter(f"gain_{name}"), v.norm(dim=0))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.folded_weight(iterates=self.training).t(), self.bias)


class Attention(nn.Module):
    """Causal self-attention, and on request each head's entropy."""

    def __init__(self, config: SottoConfig, layer: dict[str, Any]):
        super().__init__()
        width = config.n_embd
        self.heads = config.n_head
        self.c_attn = Linear(config, width, {"query": width, "key": width, "value": width})
        self.c_proj = Linear(config, width, {"output": width}, writes_residual=True)
        if layer["temperature"]:
            self.temperature = nn.Parameter(torch.empty(config.n_head, config.n_positions))
        if config.regulariser is not None:
            self.threshold = nn.Parameter(torch.empty(config.n_head))

    def forward(self, x: Tensor, with_entropy: bool) -> tuple[Tensor, Tensor | None]:
        """x [batch, T, d]; the entropies [heads] are means over batch and query positions, natural logarithm."""
        batch, length, width = x.shape
        query, key, value = (
            part.view(batch, length, self.heads, -1).transpose(1, 2) for part in self.c_attn(x).split(width, dim=-1))
        if hasattr(self, "temperature"):
            query = query / self.temperature[:, :length, None].to(query.dtype)
        if with_entropy:
            mixed, entropy = attend(query, key, value)
        else:
            mixed, entropy = F.scaled_dot_product_attention(query, key, value, is_causal=True), None
        return self.c_proj(mixed.transpose(1, 2).reshape(x.shape)), entropy


def attend(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Attention of [batch, heads, T, head width] with the heads' entropies."""
    length = query.shape[-2]
    hidden = torch.ones(length, length, dtype=torch.bool, device=query.device).triu(1)
    scores = (query @ key.transpose(-1, -2)).to(torch.promote_types(query.dtype, torch.float32))
    logs = (scores / math.sqrt(query.shape[-1])).masked_fill(hidden, -math.inf).log_softmax(-1)
    attention = logs.exp()
    # Hidden keys count 0, not 0 times minus infinity.
    entropy = -(attention * logs.masked_fill(hidden, 0)).sum(-1).mean((0, 2))
    return attention.to(value.dtype) @ value, entropy


class FeedForward(nn.Module):
    """The FFN and how it joins the residual stream: x + FFN(norm(x)), or beta·x + FFN(norm(x))/alpha."""

    def __init__(self, config: SottoConfig, layer: dict[str, Any]):
        super().__init__()
        if layer.get("gated", False):
            raise ValueError("this file has no gated FFN")
        width, inner = config.n_embd, config.n_inner or 4 * config.n_embd
        self.activation = ACTIVATIONS[layer["activation"]]
        if layer["fused"]:
            self.fused = Linear(config, width, {"ffn": width}, writes_residual=True)
        else:
            self.c_fc = Linear(config, width, {"ffn": inner})
            self.c_proj = Linear(config, inner, {"ffn": width}, writes_residual=True)
        if layer["scaled"]:
            self.alpha = nn.Parameter(torch.empty(()))
            self.beta = nn.Parameter(torch.empty(()))

    def forward(self, x: Tensor, normed: Tensor) -> Tensor:
        y = self.fused(normed) if hasattr(self, "fused") else self.c_proj(self.activation(self.c_fc(normed)))
        return self.beta * x + y / self.alpha if hasattr(self, "alpha") else x + y


class Block(nn.Module):
    """A pre-norm decoder layer."""

    def __init__(self, config: SottoConfig, layer: dict[str, Any]):
        super().__init__()
        self.ln_1 = norm_of(layer["norm1"], config)
        self.attn = Attention(config, layer)
        self.ln_2 = norm_of(layer["norm2"], config)
        self.mlp = FeedForward(config, layer)

    def forward(self, x: Tensor, with_entropy: bool) -> tuple[Tensor, Tensor | None]:
        y, entropy = self.attn(self.ln_1(x), with_entropy)
        x = x + y
        return self.mlp(x, self.ln_2(x)), entropy


class Decoder(nn.Module):
    """Embeddings, layers and final norm, under GPT-2's names."""

    def __init__(self, config: SottoConfig):
        super().__init__()
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = nn.Embedding(config.n_positions, config.n_embd)
        self.h = nn.ModuleList(Block(config, layer) for layer in config.layers)
        self.ln_f = norm_of(config.final_norm, config)

    def forward(self, tokens: Tensor, with_entropies: bool) -> tuple[Tensor, Tensor | None]:
        x = self.wte(tokens) + self.wpe.weight[: tokens.shape[1]]
        entropies = []
        for block in self.h:
            x, entropy = block(x, with_entropies)
            entropies.append(entropy)
        return self.ln_f(x), torch.stack(entropies) if with_entropies else None


@dataclass
class SottoOutput(ModelOutput):
    """loss: cross-entropy, and in training mode lambda times the penalty; entropies [layers, heads]."""

    loss: Tensor | None = None
    logits: Tensor | None = None
    cross_entropy: Tensor | None = None
    penalty: Tensor | None = None
    entropies: Tensor | None = None


class SottoForCausalLM(PreTrainedModel):
    """A decoder of any of the architectures, with its head."""

    config_class = SottoConfig
    base_model_prefix = "transformer"
    _keys_to_ignore_on_load_missing = TRAINING_ONLY
    _tied_weights_keys = {"lm_head.weight": "transformer.wte.weight"}

    def __init__(self, config: SottoConfig):
        super().__init__(config)
        self.transformer = Decoder(config)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self) -> nn.Embedding:
        return self.transformer.wte

    def get_output_embeddings(self) -> nn.Linear:
        return self.lm_head

    def forward(
        self, input_ids: Tensor, labels: Tensor | None = None, shift_labels: Tensor | None = None,
        output_entropies: bool = False,
    ) -> SottoOutput:
        """The logits of tokens [batch, T].

        labels: the tokens themselves, each predicted from those before it; or
        shift_labels: for every position the token that follows it, so that none is left unused.
        """
        regularised = self.config.regulariser is not None and self.training
        hidden, entropies = self.transformer(input_ids, output_entropies or regularised)
        logits = self.lm_head(hidden)
        output = SottoOutput(logits=logits, entropies=entropies)
        if labels is not None:
            logits, shift_labels = logits[:, :-1], labels[:, 1:]
        if shift_labels is not None:
            precise = logits.to(torch.promote_types(logits.dtype, torch.float32))
            output.cross_entropy = F.cross_entropy(precise.flatten(0, 1), shift_labels.flatten())
            output.loss = output.cross_entropy
            if regularised:
                output.penalty = self.penalty(entropies, math.log(input_ids.shape[1]))
                output.loss = output.cross_entropy + self.config.regulariser["coefficient"] * output.penalty
        return output

    def thresholds(self) -> Tensor:
        """Every head's learnable threshold [layers, heads], a fraction of log T."""
        return torch.stack([block.attn.threshold for block in self.transformer.h])

    def penalty(self, entropies: Tensor, maximum: float) -> Tensor:
        """Algorithm 1 of the paper: squared deviations beyond the tolerance, mean over heads and layers."""
        deviations = entropies - self.thresholds() * maximum
        exceeds = deviations.abs() > self.config.regulariser["tolerance"] * maximum
        return torch.where(exceeds, deviations.square(), 0).mean()

    def _init_weights(self, module: nn.Module) -> None:
        deviation = self.config.initializer_range
        match module:
            case Linear():
                scale = 1 / math.sqrt(2 * self.config.n_layer) if module.writes_residual else 1
                init.normal_(module.weight, std=deviation * scale)
                init.zeros_(module.bias)
                module.reset_normalization()
            case nn.LayerNorm():
                init.ones_(module.weight)
                init.zeros_(module.bias)
            case nn.Embedding() | nn.Linear():
                init.normal_(module.weight, std=deviation)
            case Attention():
                if hasattr(module, "temperature"):
                    init.constant_(module.temperature, self.config.temperature_start)
                if hasattr(module, "threshold"):
                    init.constant_(module.threshold, self.config.threshold_start)
            case FeedForward():
                if hasattr(module, "alpha"):
                    init.ones_(module.alpha)
                    init.ones_(module.beta)

    @torch.no_grad()
    def folded_state(self) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The weights as inference needs them, and beside these the tensors that only training needs."""
        folded, training = dict(self.state_dict()), {}
        for path, module in self.named_modules():
            if isinstance(module, Linear) and module.normalized:
                training[f"{path}.weight"] = folded[f"{path}.weight"]
                folded[f"{path}.weight"] = module.folded_weight()
        for name in list(folded):
            if any(re.search(pattern, name) for pattern in TRAINING_ONLY):
                training[name] = folded.pop(name)
        return folded, training

    def save_pretrained(
        self, save_directory: str | os.PathLike, is_main_process: bool = True, state_dict: Any = None, **kwargs: Any
    ) -> None:
        """Writes a directory that `sotto` reads, always of this model's own weights."""
        folded, training = self.folded_state()
        super().save_pretrained(save_directory, is_main_process=is_main_process, state_dict=folded, **kwargs)
        if training and is_main_process:
            path = Path(save_directory) / TRAINING_STATE
            save_file({name: tensor.contiguous() for name, tensor in training.items()}, path)

    def load_training_state(self, directory: str | os.PathLike) -> None:
        """Thresholds and normalised matrices as they were, so that training goes on where it stopped."""
        path = Path(directory) / TRAINING_STATE
        if path.exists():
            self.load_state_dict(load_file(path), strict=False)


# Saved checkpoints name this file, which is copied beside them, in config.json.
SottoConfig.register_for_auto_class()
SottoForCausalLM.register_for_auto_class("AutoModelForCausalLM")
