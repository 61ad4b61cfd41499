"""Trains a byte-level model of one of the nine architectures with the Hugging Face Trainer.

    python train.py --architecture SM+LN+G --corpus DIRECTORY --output DIRECTORY
    torchrun --nproc_per_node=4 train.py ...

Files are held out, windows drawn, rates scheduled and losses counted as docs/training.md says. `sotto` reads the output
directory and every checkpoint in it.
"""

import argparse
import hashlib
import json
import math
import os
from pathlib import Path
from typing import Any, Iterator, NoReturn

import numpy
import torch
from torch import Tensor
from torch.utils.data import Dataset
from transformers import Trainer, TrainerCallback, TrainingArguments, set_seed
from transformers.trainer_utils import get_last_checkpoint

from modeling_sotto import ARCHITECTURES, SottoConfig, SottoForCausalLM, SottoOutput

EXCLUDED_DIRECTORIES = {
    "test", "tests", "idlelib", "lib2to3", "turtledemo", "ensurepip", "encodings", "pydoc_data", "msilib",
    "site-packages", "__pycache__",
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", choices=ARCHITECTURES, required=True)
    parser.add_argument("--corpus", type=Path, required=True, help="a directory of Python source")
    parser.add_argument("--output", type=Path, required=True)
    sizes = parser.add_argument_group("sizes; the defaults are the paper's")
    sizes.add_argument("--layers", type=int, default=12)
    sizes.add_argument("--width", type=int, default=768)
    sizes.add_argument("--heads", type=int, default=12)
    sizes.add_argument("--context", type=int, default=128)
    training = parser.add_argument_group("training")
    training.add_argument("--steps", type=int, default=10000)
    training.add_argument("--batch", type=int, default=16, help="windows of a step on each device")
    training.add_argument("--accumulation", type=int, default=1, help="batches of a step")
    training.add_argument("--learning-rate", type=float, default=1e-3)
    training.add_argument("--warmup-steps", type=int, help="a tenth of the steps, at most 100, unless given")
    training.add_argument("--final-learning-rate", type=float, default=0.1, help="a fraction of the largest")
    training.add_argument("--weight-decay", type=float, default=0.1, help="of matrices only")
    training.add_argument("--matrix-deviation", type=float, help="at the start; 0.02·√(768/width) unless given")
    training.add_argument("--temperature-start", type=float, default=1e-2)
    training.add_argument("--normalization", choices=["weight", "spectral"])
    training.add_argument("--normalized", default="ffn", help="some of query,key,value,output,ffn")
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--bf16", action="store_true", help="matrix products in bfloat16")
    training.add_argument("--compile", action="store_true", help="torch.compile")
    regulariser = parser.add_argument_group("entropy regulariser, of architectures with EReg")
    regulariser.add_argument("--coefficient", type=float, default=1e-5, help="lambda")
    regulariser.add_argument("--tolerance", type=float, default=0.2, help="gamma")
    regulariser.add_argument("--threshold-start", type=float, default=0.5)
    logs = parser.add_argument_group("logs and checkpoints")
    logs.add_argument("--log-every", type=int, default=50)
    logs.add_argument("--save-every", type=int, default=1000)
    logs.add_argument("--resume", action="store_true", help="go on from the output's last checkpoint")
    return parser.parse_args()


def read_corpus(directory: Path) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The bytes to train on and those held out: files joined by newlines in the order of their paths.

    A file is held out if the first byte of its relative path's SHA-256 is divisible by 20.
    """
    parts: tuple[list[bytes], list[bytes]] = ([], [])
    paths = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*.py") if path.is_file()}
    for name, path in sorted(paths.items()):
        *directories, file = name.split("/")
        if any(part in EXCLUDED_DIRECTORIES or part.startswith("config-") for part in directories):
            continue
        if not file.startswith("_sysconfigdata"):
            is_held_out = hashlib.sha256(name.encode()).digest()[0] % 20 == 0
            parts[is_held_out].append(path.read_bytes())
    training, held_out = (numpy.frombuffer(b"\n".join(files), numpy.uint8) for files in parts)
    if len(held_out) < 2:
        raise SystemExit(f"none of the {len(paths)} .py files under {directory} is held out; give a larger corpus")
    return training, held_out


class Windows(Dataset):
    """Windows at random places, each drawn from the seed and its own number: nothing to store for resuming."""

    def __init__(self, text: numpy.ndarray, context: int, count: int, seed: int):
        if len(text) <= context:
            raise SystemExit(f"the training text has {len(text)} bytes; it needs more than --context {context}")
        self.text, self.context, self.count, self.seed = text, context, count, seed

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        start = int(numpy.random.default_rng((self.seed, index)).integers(len(self.text) - self.context))
        window = torch.from_numpy(self.text[start : start + self.context + 1].astype(numpy.int64))
        return {"input_ids": window[:-1], "shift_labels": window[1:]}


class EntropyTrainer(Trainer):
    """AdamW with decay of matrices only, the schedule of `sotto train`, a log of every head's entropy in
    `entropies.jsonl`, and an end where the loss, an entropy or the gradient is not finite."""

    def __init__(self, *positional: Any, **named: Any):
        super().__init__(*positional, **named)
        self.batches: list[SottoOutput] = []
        self.last_means: tuple[int, list[float]] | None = None

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        decayed, free = [], []
        for name, parameter in self.model.named_parameters():
            is_matrix = name.endswith(("attn.c_attn.weight", "c_proj.weight", "c_fc.weight", "fused.weight"))
            (decayed if is_matrix else free).append(parameter)
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": self.args.weight_decay}, {"params": free, "weight_decay": 0.0}],
            lr=self.args.learning_rate, betas=(self.args.adam_beta1, self.args.adam_beta2),
            eps=self.args.adam_epsilon)
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        warmup, final = self.args.warmup_steps, self.args.lr_scheduler_kwargs["min_lr_rate"]
        highest, last = max(warmup - 1, 0), num_training_steps - 1

        def rate(step: int) -> float:
            if step < warmup:
                return (step + 1) / warmup
            if last <= highest:
                return 1.0
            return final + (1 - final) * (1 + math.cos(math.pi * (min(step, last) - highest) / (last - highest))) / 2

        if self.lr_scheduler is None:
            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer or self.optimizer, rate)
        return self.lr_scheduler

    def compute_loss(self, model: Any, inputs: dict[str, Tensor], *_: Any, **__: Any) -> Tensor:
        step = self.state.global_step + 1
        is_logged = step == 1 or step % self.args.logging_steps == 0
        output = model(**inputs, output_entropies=is_logged)
        if not torch.isfinite(output.loss):
            self.stop("loss", step)
        if is_logged:
            if not torch.isfinite(output.entropies).all():
                self.stop("entropy of a head", step)
            parts = {key: value.detach() for key, value in output.items() if key != "logits"}
            self.batches.append(SottoOutput(**parts))
            if len(self.batches) == self.args.gradient_accumulation_steps:
                self.record(step)
        return output.loss

    def record(self, step: int) -> None:
        """Appends the means over this device's batches of a step."""
        entropies, loss, penalty = (
            torch.stack([batch[key].float() for batch in self.batches]).mean(0) if key in self.batches[0] else None
            for key in ("entropies", "cross_entropy", "penalty"))
        self.batches = []
        self.last_means = (step, entropies.mean(1).tolist())
        if self.is_world_process_zero():
            record = {"step": step, "loss": loss.item(), "entropies": entropies.tolist()}
            if penalty is not None:
                record |= {"penalty": penalty.item(), "thresholds": self.model.thresholds().tolist()}
            with open(os.path.join(self.args.output_dir, "entropies.jsonl"), "a") as file:
                file.write(json.dumps(record, allow_nan=False) + "\n")

    def stop(self, what: str, step: int) -> NoReturn:
        """Ends training before anything that is not finite gets into a log or a checkpoint."""
        message = f"The {what} is not finite at step {step}; "
        if self.last_means is None:
            raise FloatingPointError(message + "this run has logged no entropies before.")
        logged, means = self.last_means
        lowest = min(range(len(means)), key=means.__getitem__)
        raise FloatingPointError(
            f"{message}layer {lowest} had the lowest mean entropy at the last logged step, {logged}: "
            f"{means[lowest]:.6f}; all layers: {[round(mean, 6) for mean in means]}")

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        self.model.load_training_state(resume_from_checkpoint)


class StopAtGradients(TrainerCallback):
    """Ends training where the gradient is not finite, before the weights are updated by it."""

    def __init__(self, trainer: EntropyTrainer):
        self.trainer = trainer

    def on_pre_optimizer_step(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        gradients = [part.grad for part in self.trainer.model.parameters() if part.grad is not None]
        if not torch.isfinite(torch.stack(torch._foreach_norm(gradients))).all():
            self.trainer.stop("gradient", state.global_step + 1)


class ShowEntropies(TrainerCallback):
    """Prints layer-wise mean entropies beside the Trainer's own log."""

    def on_train_begin(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        # A run that goes on repeats the steps after its checkpoint, one that starts repeats all.
        path = Path(args.output_dir) / "entropies.jsonl"
        if state.is_world_process_zero and path.exists():
            lines = [line for line in path.read_text().splitlines() if json.loads(line)["step"] <= state.global_step]
            path.write_text("".join(line + "\n" for line in lines))

    def on_log(self, args: TrainingArguments, state: Any, control: Any, logs: dict[str, Any], **_: Any) -> None:
        if state.is_world_process_zero and "loss" in logs:
            last = json.loads((Path(args.output_dir) / "entropies.jsonl").read_text().splitlines()[-1])
            means = " ".join(f"{sum(heads) / len(heads):.3f}" for heads in last["entropies"])
            print(f"step {last['step']}: loss {last['loss']:.4f}, entropies by layer {means}", flush=True)


def windows_of(text: numpy.ndarray, context: int) -> Iterator[Tensor]:
    """Windows that do not overlap, the last one shorter; one of a single byte predicts nothing and is left out."""
    for start in range(0, len(text), context):
        if len(window := text[start : start + context]) >= 2:
            yield torch.from_numpy(window.astype(numpy.int64))


@torch.no_grad()
def held_out_loss(model: SottoForCausalLM, text: numpy.ndarray, batch: int, rank: int, world: int) -> float:
    """Nats a byte as `sotto evaluate` counts them, every device taking its share of the windows."""
    model.eval()
    total = torch.zeros(2, dtype=torch.float64, device=model.device)
    windows = list(windows_of(text, model.config.n_positions))[rank::world]
    for first in range(0, len(windows), batch):
        chosen = windows[first : first + batch]
        for length in {len(window) for window in chosen}:
            tokens = torch.stack([window for window in chosen if len(window) == length]).to(model.device)
            count = tokens[:, 1:].numel()
            total += torch.tensor(
                [model(tokens, labels=tokens).loss.double().item() * count, count], dtype=torch.float64,
                device=model.device)
    if world > 1:
        torch.distributed.all_reduce(total)
    return (total[0] / total[1]).item()


def main() -> None:
    options = arguments()
    warmup = min(options.steps // 10, 100) if options.warmup_steps is None else options.warmup_steps
    settings = TrainingArguments(
        output_dir=str(options.output), max_steps=options.steps, per_device_train_batch_size=options.batch,
        gradient_accumulation_steps=options.accumulation, learning_rate=options.learning_rate,
        warmup_steps=warmup, lr_scheduler_type="cosine_with_min_lr",
        lr_scheduler_kwargs={"min_lr_rate": options.final_learning_rate}, weight_decay=options.weight_decay,
        adam_beta1=0.9, adam_beta2=0.95, adam_epsilon=1e-8, max_grad_norm=1.0, seed=options.seed, bf16=options.bf16,
        torch_compile=options.compile, logging_steps=options.log_every, logging_nan_inf_filter=False,
        save_steps=options.save_every, save_total_limit=2, label_names=["shift_labels"],
        remove_unused_columns=False, report_to="none", disable_tqdm=True, ddp_find_unused_parameters=False,
        use_cpu=not torch.accelerator.is_available(), dataloader_pin_memory=torch.accelerator.is_available())
    training, held_out = read_corpus(options.corpus)
    set_seed(options.seed)
    normalization = options.normalization and {
        "kind": options.normalization, "matrices": options.normalized.split(",")}
    is_regularised = options.architecture.startswith("EReg")
    model = SottoForCausalLM(
        SottoConfig.of(
            options.architecture, tokenizer="bytes", vocab_size=256, n_positions=options.context,
            n_embd=options.width, n_layer=options.layers, n_head=options.heads, n_inner=4 * options.width,
            initializer_range=options.matrix_deviation or 0.02 * math.sqrt(768 / options.width),
            normalization=normalization, temperature_start=options.temperature_start,
            threshold_start=options.threshold_start, regulariser={
                "coefficient": options.coefficient, "tolerance": options.tolerance} if is_regularised else None))
    count = options.steps * options.batch * options.accumulation * settings.world_size
    trainer = EntropyTrainer(
        model=model, args=settings, train_dataset=Windows(training, options.context, count, options.seed),
        callbacks=[ShowEntropies()])
    trainer.add_callback(StopAtGradients(trainer))
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(options.output)) if options.resume else None)
    trainer.save_model()
    loss = held_out_loss(model, held_out, options.batch, settings.process_index, settings.world_size)
    if trainer.is_world_process_zero():
        print(f"held-out loss {loss:.6f}, perplexity {math.exp(loss):.6f}")
        (options.output / "held-out.txt").write_bytes(held_out.tobytes())


if __name__ == "__main__":
    main()
