#!/usr/bin/env python3
"""The entropy study of docs/entropy-study.md: one `sotto train` command a row, and what is gathered from the runs.

    study.py commands --corpus LIBRARY --runs DIR            prints the command of every row
    study.py run      --corpus LIBRARY --runs DIR [ROW ...]  trains rows, --jobs at a time
    study.py collect  --corpus LIBRARY --runs DIR            measures them and writes docs/study/

Needs the built program and Python's standard library. LIBRARY is the standard library of CPython 3.11.7.
"""

import argparse
import concurrent.futures
import os
import shlex
import subprocess
from dataclasses import dataclass

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXCLUDED = [
    "test", "tests", "idlelib", "lib2to3", "turtledemo", "ensurepip", "encodings", "pydoc_data", "msilib",
    "site-packages", "_sysconfigdata*", "config-*",
]
SETTINGS = (
    "--layers 12 --heads 4 --width 96 --context 128 --batch 16 --steps 1500 --learning-rate 2e-3 --warmup 100"
    " --seed 1 --threads 1"
)
REGULARISED = "EReg(SM(t)+ScFuFFN)"


@dataclass(frozen=True)
class Row:
    """A trained network: its name, what it is, the options beyond the common ones, the paper's perplexity."""

    name: str
    architecture: str
    variant: str = ""
    options: str = ""
    published: str = ""


ROWS = [
    Row("sm-ln-g", "SM+LN+G", published="2.69"),
    Row("sm-ln-r", "SM+LN+R", published="2.76"),
    Row("sm-ln", "SM+LN", published="3.38"),
    Row("sm-g", "SM+G", published="3.20"),
    Row("sm-r", "SM+R", published="2.94"),
    Row("sm", "SM", published="NaN"),
    Row("sm-weight", "SM", "weight-norm FFN", "--normalization weight:ffn", "3.64"),
    Row("sm-spectral", "SM", "spectral-norm FFN", "--normalization spectral:ffn", "3.63"),
    Row("sm-scaled", "SM", "scaled FFN", "--edit layers[*].ffn.scaled=true", "3.48"),
    Row("sm-scfuffn", "SM+ScFuFFN", published="3.48"),
    Row("smt-scfuffn", "SM(t)+ScFuFFN", "t from 0.01"),
    Row("smt-scfuffn-0.1", "SM(t)+ScFuFFN", "t from 0.1", "--temperature-start 0.1"),
    Row("smt-scfuffn-0.1-seed2", "SM(t)+ScFuFFN", "t from 0.1, seed 2", "--temperature-start 0.1 --seed 2"),
    Row("ereg-0.01", REGULARISED, "t from 0.01, lambda 1e-5, gamma 0.2", "", "3.21"),
    Row("ereg", REGULARISED, "lambda 1e-5, gamma 0.2", "--temperature-start 0.1"),
    Row("ereg-0", REGULARISED, "lambda 1e-2, gamma 0", "--temperature-start 0.1 --lambda 1e-2 --gamma 0"),
    Row("ereg-0.1", REGULARISED, "lambda 1e-2, gamma 0.1", "--temperature-start 0.1 --lambda 1e-2 --gamma 0.1"),
    Row("ereg-0.2", REGULARISED, "lambda 1e-2, gamma 0.2", "--temperature-start 0.1 --lambda 1e-2 --gamma 0.2"),
    Row("ereg-0.3", REGULARISED, "lambda 1e-2, gamma 0.3", "--temperature-start 0.1 --lambda 1e-2 --gamma 0.3"),
    Row("ereg-strong", REGULARISED, "lambda 1, gamma 0.2", "--temperature-start 0.1 --lambda 1 --gamma 0.2"),
]
# Higher learning rates, 200 steps each, the first half of them warm-up: who survives them.
STRESS_RATES = ["1e-2"]
STRESSED = ["sm-ln-g", "sm-ln", "sm-g", "sm-r", "sm", "sm-weight", "sm-spectral", "sm-scaled", "sm-scfuffn"]


def stress_rows():
    rows = {row.name: row for row in ROWS}
    for name in STRESSED:
        for rate in STRESS_RATES:
            row = rows[name]
            options = f"{row.options} --steps 200 --learning-rate {rate}"
            yield Row(f"stress/{name}-{rate}", row.architecture, row.variant, options)


def command(row, options):
    """The arguments that train a row; its own options stand in place of the common ones."""
    words = [options.sotto, "train", "--architecture", row.architecture, "--corpus", options.corpus]
    words += ["--extensions", "py"]
    for name in EXCLUDED:
        words += ["--exclude", name]
    own = shlex.split(row.options)
    common = shlex.split(SETTINGS)
    for name, value in zip(common[::2], common[1::2]):
        if name not in own:
            words += [name, value]
    return [*words, *own, "--output", os.path.join(options.runs, row.name)]


def selected(options):
    rows = [*ROWS, *stress_rows()]
    unknown = set(options.rows) - {row.name for row in rows}
    if unknown:
        raise SystemExit(f"there is no row {', '.join(sorted(unknown))}; there are {', '.join(r.name for r in rows)}")
    return [row for row in rows if not options.rows or row.name in options.rows]


def train(row, options):
    directory = os.path.join(options.runs, row.name)
    os.makedirs(directory, exist_ok=True)
    with open(directory + ".log", "w", encoding="utf-8") as log:
        status = subprocess.run(command(row, options), stdout=log, stderr=log, check=False).returncode
    # Status 1 is a loss that is no number: a result.
    print(f"{row.name} ended with status {status}", flush=True)
    return status in (0, 1)


def run(options):
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        if not all(pool.map(lambda row: train(row, options), selected(options))):
            raise SystemExit("a row failed; its log says why")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["commands", "run", "collect"])
    parser.add_argument("rows", nargs="*", help="only these rows; all unless given")
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--runs", required=True, help="where the rows' output directories are")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sotto", default=os.path.join(REPOSITORY, ".build", "release", "sotto"))
    options = parser.parse_intermixed_args()
    if options.action == "commands":
        for row in selected(options):
            print(f"{row.name}: {shlex.join(command(row, options))}")
    elif options.action == "run":
        run(options)
    else:
        from collect import collect

        collect(options, ROWS, list(stress_rows()))


if __name__ == "__main__":
    main()
