#!/usr/bin/env python3
"""Tokens per second of `sotto train` and of PyTorch on the CPU: same model, batch and threads, in one run, by turns.

    python3 Benchmarks/Training/throughput.py

Needs the built program (swift build -c release). PyTorch is what Tests/SottoTrainingTests/Reference/set_up_pytorch.py
finds or installs. PyTorch runs the model of docs/pytorch in three ways: `plain`, with its fused attention, which has no
entropies; `entropies`, with every head's entropy in every step, as Sotto always computes them; `compiled`, the plain
one by torch.compile. Each takes as many steps as Sotto after --warm-up others; Sotto's first steps count. --before is
another build of Sotto that takes its turns too. The first line names the processor and the kernels of OpenBLAS.

On a machine with other work, --processor-time divides by seconds of the processor and not of the clock, for one
thread; Sotto's are what its process takes for the steps more than for a single one.
"""

import argparse
import hashlib
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
SET_UP = REPOSITORY / "Tests" / "SottoTrainingTests" / "Reference" / "set_up_pytorch.py"
MODES = ["plain", "entropies", "compiled"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sotto", default=str(REPOSITORY / ".build" / "release" / "sotto"))
    parser.add_argument("--before", metavar="PROGRAM", help="another build of sotto, to compare with")
    parser.add_argument("--architectures", nargs="+", default=["SM+LN+G", "SM+ScFuFFN"], metavar="NAME")
    parser.add_argument("--layers", nargs="+", type=int, default=[4, 12])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--context", type=int, default=128)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=12, help="timed steps of each run")
    parser.add_argument("--warm-up", type=int, default=3, help="steps of PyTorch before these")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each")
    parser.add_argument("--processor-time", action="store_true", help="tokens a second of processor time")
    parser.add_argument("--json", metavar="FILE", help="also write every run to a file")
    parser.add_argument("--worker", metavar="JSON", help=argparse.SUPPRESS)
    return parser.parse_args()


# PyTorch, in a process of its own.


def train_in_pytorch(case: dict[str, Any]) -> dict[str, Any]:
    """Times training steps like Sotto's: gradients, clipping, AdamW with decay of matrices only."""
    import torch

    sys.path.insert(0, str(REPOSITORY / "docs" / "pytorch"))
    from modeling_sotto import SottoConfig, SottoForCausalLM

    torch.set_num_threads(case["threads"])
    torch.manual_seed(0)
    model = SottoForCausalLM(SottoConfig.of(
        case["architecture"], vocab_size=256, n_layer=case["layers"], n_head=case["heads"], n_embd=case["width"],
        n_inner=4 * case["width"], n_positions=case["context"])).train()
    matrices = [
        parameter for name, parameter in model.named_parameters()
        if ".h." in name and name.endswith(".weight") and parameter.dim() == 2]
    known = {id(parameter) for parameter in matrices}
    others = [parameter for parameter in model.parameters() if id(parameter) not in known]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=1e-3,
        betas=(0.9, 0.95), fused=True)
    step_model = torch.compile(model) if case["mode"] == "compiled" else model

    def step() -> None:
        windows = torch.randint(0, 256, (case["batch"], case["context"] + 1))
        output = step_model(
            windows[:, :-1], shift_labels=windows[:, 1:], output_entropies=case["mode"] == "entropies")
        optimizer.zero_grad()
        output.loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    for _ in range(case["warm_up"]):
        step()
    clock = time.process_time if case["processor_time"] else time.perf_counter
    start = clock()
    for _ in range(case["steps"]):
        step()
    seconds = clock() - start
    return {
        "tokens_per_second": case["steps"] * case["batch"] * case["context"] / seconds, "torch": torch.__version__}


def run_pytorch(python: str, case: dict[str, Any]) -> float | None:
    result = subprocess.run(
        [python, __file__, "--worker", json.dumps(case)], capture_output=True, text=True,
        env=os.environ | {"OMP_NUM_THREADS": str(case["threads"])})
    if result.returncode != 0:
        reason = result.stderr.strip().splitlines()[-1:] or ["no reason given"]
        print(f"PyTorch ({case['mode']}) does not run here: {reason[0]}", file=sys.stderr)
        return None
    return json.loads(result.stdout.splitlines()[-1])["tokens_per_second"]


# Sotto.


def make_corpus(directory: Path, length: int = 200_000) -> None:
    """Random bytes of a text, one file to train on and a short one that the rule of docs/models.md holds out."""
    generator = random.Random(0)
    alphabet = "abcdefghijklmnopqrstuvwxyz ()=:.,_0123456789\n"
    names: dict[bool, str] = {}
    for index in range(1000):
        name = f"text{index}.py"
        names.setdefault(hashlib.sha256(name.encode()).digest()[0] % 20 == 0, name)
    for is_held_out, name in names.items():
        count = 300 if is_held_out else length
        (directory / name).write_text("".join(generator.choices(alphabet, k=count)))


def train_in_sotto(
    program: str, corpus: Path, case: dict[str, Any], *extra: str
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as output:
        result = subprocess.run(
            [
                program, "train", "--architecture", case["architecture"], "--corpus", str(corpus), "--output", output,
                "--layers", str(case["layers"]), "--heads", str(case["heads"]), "--width", str(case["width"]),
                "--context", str(case["context"]), "--batch", str(case["batch"]), "--steps", str(case["steps"]),
                "--threads", str(case["threads"]), "--log-every", str(case["steps"]), "--checkpoint-every", "100000",
                "--format", "json", *extra],
            capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"sotto train failed: {result.stderr.strip()}")
    return result


def run_sotto(program: str, corpus: Path, case: dict[str, Any]) -> float:
    if not case["processor_time"]:
        return json.loads(train_in_sotto(program, corpus, case).stdout)["tokens_per_second"]
    # One step has the start and the end of a run too.
    one, more = (processor_seconds(program, corpus, case | {"steps": steps}) for steps in (1, case["steps"] + 1))
    return case["steps"] * case["batch"] * case["context"] / (more - one)


def processor_seconds(program: str, corpus: Path, case: dict[str, Any]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    train_in_sotto(program, corpus, case)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


# What it runs on.


def processor() -> str:
    try:
        fields = dict(
            (name.strip(), value.strip())
            for name, _, value in (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines()))
        return f"{fields['model name']}, family {fields['cpu family']}, model {fields['model']}"
    except (OSError, KeyError):
        return platform.processor() or platform.machine()


def kernels(program: str, corpus: Path) -> str:
    case = dict(
        architecture="SM", layers=1, heads=1, width=16, context=16, batch=1, steps=1, threads=1)
    said = train_in_sotto(program, corpus, case, "--verbose").stderr
    return next((line.partition(" by ")[2] for line in said.splitlines() if "products of matrices" in line), said)


def measure(options: argparse.Namespace, python: str, corpus: Path, case: dict[str, Any]) -> dict[str, Any]:
    speeds: dict[str, list[float]] = {"sotto": []}
    programs = {"sotto": options.sotto} | ({"before": options.before} if options.before else {})
    modes = [name for name in programs if name != "sotto"] + list(options.modes)
    for pair in range(options.pairs):
        turns = ["sotto", *modes]
        for name in turns if pair % 2 == 0 else reversed(turns):
            speed = (
                run_sotto(programs[name], corpus, case) if name in programs
                else run_pytorch(python, case | {"mode": name}))
            if speed is None:
                modes.remove(name)
                speeds.pop(name, None)
            else:
                speeds.setdefault(name, []).append(speed)
    ratios = {
        name: statistics.median(own / other for own, other in zip(speeds["sotto"], speeds[name])) for name in modes}
    return case | {"tokens_per_second": speeds, "ratios": ratios}


def show(row: dict[str, Any]) -> None:
    medians = {name: statistics.median(values) for name, values in row["tokens_per_second"].items()}
    cells = [f"sotto {medians['sotto']:,.0f}"] + [
        f"{name} {medians[name]:,.0f} (x{ratio:.2f})" for name, ratio in row["ratios"].items()]
    print(
        f"{row['architecture']}, {row['layers']} layers, {row['threads']} threads, tokens/s: " + ", ".join(cells),
        flush=True)


def main() -> None:
    options = arguments()
    if options.worker:
        print(json.dumps(train_in_pytorch(json.loads(options.worker))))
        return
    if options.pairs < 1 or options.steps < 1:
        raise SystemExit("--pairs and --steps must be at least 1")
    if options.processor_time and options.threads != [1]:
        raise SystemExit("--processor-time is for --threads 1")
    if not os.access(options.sotto, os.X_OK):
        raise SystemExit(f"there is no program at {options.sotto}; run swift build -c release or pass --sotto")
    set_up = subprocess.run([sys.executable, str(SET_UP)], capture_output=True, text=True)
    if set_up.returncode != 0:
        raise SystemExit(set_up.stderr.strip())
    python = set_up.stdout.splitlines()[-1]
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        make_corpus(Path(directory))
        print(f"{processor()}; {kernels(options.sotto, Path(directory))}", flush=True)
        for layers in options.layers:
            for architecture in options.architectures:
                for threads in options.threads:
                    case = dict(
                        architecture=architecture, layers=layers, threads=threads, heads=options.heads,
                        width=options.width, context=options.context, batch=options.batch, steps=options.steps,
                        warm_up=options.warm_up, processor_time=options.processor_time)
                    rows.append(measure(options, python, Path(directory), case))
                    show(rows[-1])
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
