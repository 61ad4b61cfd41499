#!/usr/bin/env python3
"""Time and peak memory of tables and estimates, against their limits. Needs the built program and Python's standard
library; docs/benchmarks.md has the figures.
"""

import argparse
import os
import statistics
import subprocess
import time

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Command, seconds, megabytes; None where there is no limit.
CASES = [
    ("table gpt2-xl --architectures SM+LN+G --contexts 1024", 1, 100),
    ("table llama-7b --architectures SM+LN+G --contexts 2048", 2, None),
    ("table gpt2 --architectures all --contexts 128,256,512 --paper", 5, None),
    ("table gpt2-18l --paper", 5, None),
    ("estimate gpt2-xl --context 1024", 1, 100),
    ("estimate llama-7b --context 2048", 2, None),
    ("suggest gpt2 --context 128", None, None),
    ("suggest gpt2-xl --context 1024", None, None),
]


def run(command):
    """Seconds and megabytes of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    return seconds, usage.ru_maxrss / 1e3


def against(value, limit, unit):
    text = f"{value:.2f} {unit}"
    return text if limit is None else f"{text} of {limit} = {value / limit:.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sotto", default=os.path.join(REPOSITORY, ".build", "release", "sotto"))
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if not os.access(options.sotto, os.X_OK):
        parser.error(f"there is no program at {options.sotto}; run swift build -c release or pass --sotto")
    for line, seconds, megabytes in CASES:
        runs = [run([options.sotto, *line.split()]) for _ in range(options.runs)]
        time_taken, memory = (statistics.median(values) for values in zip(*runs))
        print(f"sotto {line:64} {against(time_taken, seconds, 's'):24} {against(memory, megabytes, 'MB')}")


if __name__ == "__main__":
    main()
