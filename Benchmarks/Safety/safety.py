#!/usr/bin/env python3
"""What the checks of a build cost beside another build: instructions of server and client, and the demo's time.

    safety.py --before PATH/sotto --after PATH/sotto [--what instructions,times] [--pairs 20] [--tokens 16]

`instructions` runs dealer, server and client of each build on loopback, server and client under
`valgrind --tool=callgrind`, and prints the ratio of the instructions that each executed. `times` runs the whole demo of
both builds in turn (ABBA), and prints the ratios of wall clock and processor time of the pairs: their median, quartiles
and extremes. Both builds must have their resources beside them, as `swift build` leaves them. Only the standard library,
and valgrind and strip for the instructions; Linux.
"""

import argparse
import json
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# What builds may need to measure as others do; those that a build does not know are left out.
WANTED = {"deal": [], "serve": ["--share-times"], "complete": ["--share-times"]}


class Failed(Exception):
    pass


def flags(program: str, command: str) -> list[str]:
    """The wanted flags that a build's command knows."""
    text = subprocess.run([program, command, "--help"], capture_output=True, text=True, timeout=60).stdout
    return [flag for flag in WANTED[command] if re.search(rf"{flag}\b", text)]


class Role:
    """A role in a process of its own, ended when this ends."""

    def __init__(self, program: str, arguments: list[str], counts: Path | None = None) -> None:
        command = [program, *arguments]
        if counts is not None:
            command = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={counts}", *command]
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors, text=True,
            start_new_session=True)

    def address(self) -> str:
        """The address in the line that a listening role prints first."""
        line = self.process.stdout.readline()
        match = re.search(r"(\S+:\d+)\s*$", line)
        if match is None:
            raise Failed(f"a role did not listen: {line}{self.said()}")
        return match.group(1)

    def said(self) -> str:
        self.errors.seek(0)
        return self.errors.read()[-2000:]

    def output(self, limit: float) -> str:
        try:
            text, _ = self.process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise Failed(f"a role took longer than {limit:.0f} s") from None
        if self.process.returncode != 0:
            raise Failed(f"a role ended with {self.process.returncode}: {self.said()}")
        return text

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.errors.close()


def stripped(program: str, directory: str) -> str:
    """A copy without symbols, with its resources beside it: valgrind gives up at what newer compilers write of them."""
    tool = shutil.which("strip") or shutil.which("llvm-strip")
    if tool is None:
        raise Failed("there is no strip (on Debian: apt-get install binutils)")
    target = Path(directory) / "sotto"
    subprocess.run([tool, "-o", str(target), program], check=True, timeout=300)
    for entry in Path(program).resolve().parent.iterdir():
        if entry.suffix in (".resources", ".bundle"):
            (Path(directory) / entry.name).symlink_to(entry)
    return str(target)


def total(counts: Path) -> int:
    """The instructions in callgrind's file, of all its parts."""
    found = 0
    for file in counts.parent.glob(counts.name + "*"):
        for line in file.read_text(errors="replace").splitlines():
            if line.startswith(("totals:", "summary:")):
                found = max(found, int(line.split()[1]))
    if found == 0:
        raise Failed(f"valgrind left no count in {counts}")
    return found


def instructions(program: str, options: argparse.Namespace) -> dict[str, int]:
    """The instructions of server and client in one completion."""
    common = ["--insecure-plaintext", "--timeout", f"{options.limit}", *options.options]
    roles: list[Role] = []
    with tempfile.TemporaryDirectory() as directory:
        counts = {name: Path(directory) / name for name in ("server", "client")}
        try:
            deal = ["deal", "--listen", "127.0.0.1:0", "--sessions", "1", *common]
            roles.append(Role(program, deal + flags(program, "deal")))
            dealer = roles[0].address()
            serve = ["serve", options.model, "--listen", "127.0.0.1:0", "--dealer", dealer, "--sessions", "1", *common]
            roles.append(Role(program, serve + flags(program, "serve"), counts["server"]))
            complete = [
                "complete", "--connect", roles[1].address(), "--dealer", dealer, f"--prompt={options.prompt}", "--tokens",
                f"{options.tokens}", "--format", "json", *common]
            roles.append(Role(program, complete + flags(program, "complete"), counts["client"]))
            report = json.loads(roles[2].output(options.limit))
            roles[1].output(options.limit)
        finally:
            for role in roles:
                role.stop()
        found = {name: total(file) for name, file in counts.items()}
    print(f"  {report['completion']['private']!r}: " + ", ".join(f"{k} {v:,}" for k, v in found.items()), flush=True)
    return found


def demo(program: str, options: argparse.Namespace) -> dict[str, float]:
    """Wall clock and processor time of a demo with all its processes."""
    command = [
        program, "demo", options.model, f"--prompt={options.prompt}", "--tokens", f"{options.tokens}", "--format", "json",
        *options.options]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True)
    try:
        _, error = process.communicate(timeout=options.limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise Failed(f"{program} took longer than {options.limit:.0f} s") from None
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode != 0:
        raise Failed(f"{program} ended with {process.returncode}: {error[-2000:]}")
    return {"wall clock": wall, "processor": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def compare_instructions(options: argparse.Namespace) -> None:
    if shutil.which("valgrind") is None:
        raise Failed("valgrind is not installed (on Debian: apt-get install valgrind)")
    with tempfile.TemporaryDirectory() as before, tempfile.TemporaryDirectory() as after:
        programs = [stripped(options.before, before), stripped(options.after, after)]
        runs = [[instructions(program, options) for program in programs] for _ in range(options.runs)]
    for role in ("server", "client"):
        counts = [statistics.median(run[build][role] for run in runs) for build in (0, 1)]
        ratios = [after[role] / before[role] for before, after in runs]
        print(
            f"instructions of the {role}: {counts[0]:,.0f} before, {counts[1]:,.0f} after, ratio "
            f"{statistics.median(ratios):.4f} ({min(ratios):.4f} to {max(ratios):.4f} in {len(runs)} runs)")


def compare_times(options: argparse.Namespace) -> None:
    for program in (options.before, options.after):
        demo(program, options)  # what is not in the page cache yet
    ratios: dict[str, list[float]] = {}
    for pair in range(options.pairs):
        order = [options.before, options.after] if pair % 2 == 0 else [options.after, options.before]
        measured = {program: demo(program, options) for program in order}
        for kind, value in measured[options.after].items():
            ratios.setdefault(kind, []).append(value / measured[options.before][kind])
        print(f"  pair {pair + 1}: " + ", ".join(f"{kind} {values[-1]:.3f}" for kind, values in ratios.items()), flush=True)
    for kind, values in ratios.items():
        low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
        print(
            f"{kind}: median ratio {middle:.4f}, quartiles {low:.4f} to {high:.4f}, extremes {min(values):.4f} to "
            f"{max(values):.4f}, {len(values)} pairs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", required=True, help="the program of the earlier build")
    parser.add_argument("--after", required=True, help="the program of the later build")
    parser.add_argument("--what", default="instructions,times")
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--prompt", default="def __init__(self")
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--runs", type=int, default=1, help="of each build under valgrind")
    parser.add_argument("--limit", type=float, default=1800, help="seconds for a run")
    parser.add_argument("--options", nargs=argparse.REMAINDER, default=[], help="for all roles; comes last")
    options = parser.parse_args()
    options.before, options.after = (os.path.abspath(path) for path in (options.before, options.after))
    kinds = options.what.split(",")
    if not set(kinds) <= {"instructions", "times"} or options.pairs < 1 or options.runs < 1:
        parser.error("--what takes instructions and times; --pairs and --runs are at least 1")
    try:
        if "instructions" in kinds:
            compare_instructions(options)
        if "times" in kinds:
            compare_times(options)
    except Failed as failure:
        sys.exit(f"safety.py: {failure}")


if __name__ == "__main__":
    main()
