#!/usr/bin/env python3
"""Measures one decoder layer at GPT-2 small size in three processes on loopback: dealer, server and client; or in two.

Needs the built program (swift build -c release) and Python's standard library. `--help` lists the options;
docs/benchmarks.md says how to read the figures and how to run another system in turn with Sotto.
"""

import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time

ARCHITECTURES = ["SM+LN+G", "SM+LN+R", "SM+ScFuFFN"]
REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LISTENING = "listening on "


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sotto", default=os.path.join(REPOSITORY, ".build", "release", "sotto"))
    parser.add_argument("--model", default="gpt2")
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--positions", type=int, default=128)
    parser.add_argument("--protocol", choices=["ot", "fss"], default="ot")
    parser.add_argument("--preprocessing", choices=["dealer", "two-party"], default="dealer")
    parser.add_argument(
        "--prefetch", action="store_true", help="all correlations are prepared before the online phase begins")
    parser.add_argument("--threads", type=int, default=1, help="threads of either party")
    parser.add_argument(
        "--architecture", action="append", dest="architectures", metavar="NAME",
        help="may be given several times; without it " + ", ".join(ARCHITECTURES))
    parser.add_argument("--pairs", type=int, default=5, help="runs of each system")
    parser.add_argument(
        "--pin", metavar="CORES",
        help="cores of server, client and dealer by taskset, such as 0,1,0; the dealer's may be left out")
    parser.add_argument(
        "--peer", metavar="COMMAND",
        help="a command that runs the same layer on another system and prints a line of JSON; it runs in turn with "
        "Sotto. {architecture} in it becomes the name, or what --peer-name says")
    parser.add_argument(
        "--peer-name", action="append", default=[], metavar="NAME=THEIRS",
        help="the peer's name of an architecture, such as SM+LN+G=layer_gelu")
    parser.add_argument("--peer-seconds", default="wall_s", metavar="KEY", help="the peer's key for its seconds")
    parser.add_argument("--peer-bytes", default="bytes", metavar="KEY[+KEY]", help="keys whose sum are its bytes")
    parser.add_argument("--operations", action="store_true", help="also print where Sotto's bytes and seconds go")
    parser.add_argument("--json", metavar="FILE", help="also write every run to a file")
    options = parser.parse_args()
    if options.pairs < 1:
        parser.error("--pairs must be at least 1")
    if options.pin and shutil.which("taskset") is None:
        parser.error("--pin needs taskset, which this system does not have")
    if options.pin and len(options.pin.split(",")) not in (2, 3):
        parser.error("--pin takes two or three cores, such as 0,1")
    if not os.access(options.sotto, os.X_OK):
        parser.error(f"there is no program at {options.sotto}; run swift build -c release or pass --sotto")
    for name in options.peer_name:
        if "=" not in name:
            parser.error("--peer-name takes NAME=THEIRS")
    return options


class Role:
    """A process of Sotto, with its peak memory once it has ended."""

    def __init__(self, options, core, role_arguments):
        command = [options.sotto] + role_arguments + ["--insecure-plaintext", "--threads", str(options.threads)]
        if core is not None:
            command = ["taskset", "-c", core] + command
        self.name = role_arguments[0]
        self.start = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def address(self):
        line = self.process.stdout.readline().strip()
        if not line.startswith(LISTENING):
            raise SystemExit(f"sotto {self.name} said {line!r} and not where it listens")
        return line[len(LISTENING):]

    def finish(self):
        """Waits for the end; what the process printed, its seconds and its resources."""
        output = self.process.stdout.read()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.returncode != 0:
            raise SystemExit(f"sotto {self.name} ended with status {self.process.returncode}")
        unit = 1 if sys.platform == "darwin" else 1024
        return {
            "output": output,
            "seconds": time.monotonic() - self.start,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_memory_bytes": usage.ru_maxrss * unit,
        }

    def stop(self):
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()


def run_sotto(options, architecture):
    cores = (options.pin.split(",") + [None])[:3] if options.pin else [None] * 3
    roles = []

    def start(core, role_arguments):
        roles.append(Role(options, core, role_arguments))
        return roles[-1]

    try:
        preprocessing = ["--preprocessing", options.preprocessing, "--protocol", options.protocol]
        if options.preprocessing == "dealer":
            dealer = start(cores[2], ["deal", "--listen", "127.0.0.1:0", "--sessions", "1", "--protocol", options.protocol])
            preprocessing += ["--dealer", dealer.address()]
        server = start(
            cores[0],
            ["serve", options.model, "--layers", str(options.layers), "--architecture", architecture,
             "--listen", "127.0.0.1:0", "--sessions", "1", "--allow-blocks", "--share-times", "--timeout", "600"]
            + preprocessing)
        client = start(
            cores[1],
            ["complete", "--connect", server.address(), "--blocks-only", "--context", str(options.positions),
             "--share-times", "--format", "json", "--timeout", "600"] + preprocessing
            + (["--prefetch"] if options.prefetch else []))
        ended = {role.name: role.finish() for role in [client, server] + roles[:-2]}
    finally:
        for role in roles:
            role.stop()
    report = json.loads(ended["complete"].pop("output"))
    totals = report["totals"]
    return {
        "online_bytes": sum(totals["online"]["bytes_sent"]),
        "online_bytes_sent": totals["online"]["bytes_sent"],
        "online_rounds": totals["online"]["rounds"],
        "offline_bytes": sum(totals["offline"]["bytes_sent"]),
        # Without a dealer both phases, with one the online phase alone: what the peer's parties send each other.
        "compared_bytes": sum(totals["online"]["bytes_sent"]) + sum(totals["offline"]["bytes_sent"]),
        "dealer_bytes": sum(totals[phase]["dealer_bytes"][party] for phase in totals for party in (0, 1)),
        "setup_bytes": sum(totals["setup"]["bytes_sent"]),
        "overhead_bytes": sum(report["wire_overhead_bytes"]),
        "setup_seconds": report["elapsed_seconds"]["setup"],
        # Work of the slower party; on the wall clock it is within the online time.
        "offline_seconds": totals["offline"]["seconds"],
        "online_seconds": report["elapsed_seconds"]["online"],
        "wall_seconds": ended["complete"]["seconds"],
        # All that the client does but the setup, its start included: offline and online seconds overlap.
        "inference_seconds": ended["complete"]["seconds"] - report["elapsed_seconds"]["setup"],
        "cpu_seconds": {role: ended[role]["cpu_seconds"] for role in ended},
        "peak_memory_bytes": {role: ended[role]["peak_memory_bytes"] for role in ended},
        "operations": report["operations"],
    }


def run_peer(options, architecture):
    names = dict(name.split("=", 1) for name in options.peer_name)
    command = options.peer.replace("{architecture}", names.get(architecture, architecture))
    output = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, text=True, check=True).stdout
    lines = [line for line in output.splitlines() if line.startswith("{")]
    if not lines:
        raise SystemExit(f"{command!r} printed no line of JSON")
    report = json.loads(lines[-1])
    missing = {options.peer_seconds, *options.peer_bytes.split("+")} - report.keys()
    if missing:
        raise SystemExit(f"{command!r} printed JSON without {', '.join(sorted(missing))}")
    return {
        "seconds": report[options.peer_seconds],
        "bytes": sum(report[key] for key in options.peer_bytes.split("+")),
        "report": report,
    }


def exactly_once(runs, key):
    values = {run[key] for run in runs}
    if len(values) != 1:
        raise SystemExit(f"{key} differs from run to run: {sorted(values)}")
    return values.pop()


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def megabytes(count):
    return f"{count / 1e6:.1f} MB"


def describe(architecture, runs, peers):
    first = runs[0]
    sent = first["online_bytes_sent"]
    lines = [
        ("online bytes", f"{exactly_once(runs, 'online_bytes'):,} ({sent[0]:,} of the server, {sent[1]:,} of the client)"),
        ("online rounds", f"{exactly_once(runs, 'online_rounds')}"),
        ("offline bytes between the parties", f"{exactly_once(runs, 'offline_bytes'):,}"),
        ("dealer bytes", f"{exactly_once(runs, 'dealer_bytes'):,}"),
        ("setup bytes", f"{exactly_once(runs, 'setup_bytes'):,}"),
        ("seconds online", f"{median(runs, 'online_seconds'):.3f}"),
        ("seconds offline", f"{median(runs, 'offline_seconds'):.3f}"),
        ("seconds setup", f"{median(runs, 'setup_seconds'):.3f}"),
        ("seconds of the client's process", f"{median(runs, 'wall_seconds'):.3f}"),
        ("the same without the setup", f"{median(runs, 'inference_seconds'):.3f}"),
    ]
    for role, title in (("serve", "server"), ("complete", "client"), ("deal", "dealer")):
        if role not in first["cpu_seconds"]:
            continue
        cpu = statistics.median(run["cpu_seconds"][role] for run in runs)
        peak = max(run["peak_memory_bytes"][role] for run in runs)
        lines.append((f"processor seconds and peak memory, {title}", f"{cpu:.3f}, {megabytes(peak)}"))
    if peers:
        lines += [
            ("peer: seconds", f"{median(peers, 'seconds'):.3f}"),
            ("peer: bytes", f"{median(peers, 'bytes'):,.0f}"),
            ("Sotto / peer: bytes", f"{first['compared_bytes'] / median(peers, 'bytes'):.3f}"),
            ("Sotto / peer: seconds online", ratio(runs, "online_seconds", peers)),
            ("Sotto / peer: seconds without the setup", ratio(runs, "inference_seconds", peers)),
        ]
    print(f"\n{architecture}, median of {len(runs)}")
    width = max(len(title) for title, _ in lines)
    for title, value in lines:
        print(f"  {title:{width}}  {value}")


def ratio(runs, key, peers):
    """The median of the ratios of neighbouring runs, and the smallest and largest."""
    ratios = sorted(own[key] / peer["seconds"] for own, peer in zip(runs, peers))
    return f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"


def describe_operations(runs):
    """Bytes, rounds and median seconds by operation, all layers and primitives together."""
    phases = {}
    for run in runs:
        seconds = {}
        for row in run["operations"]:
            name = "/".join(row["path"].split("/")[1:-1]) or row["path"]
            total = seconds.setdefault((name, row["phase"]), [0.0, 0, 0])
            total[0] += row["seconds"] or 0
            total[1] += sum(row["bytes_sent"]) + sum(row["dealer_bytes"])
            total[2] += row["rounds"]
        for key, total in seconds.items():
            phases.setdefault(key, []).append(total)
    print(f"\n  {'operation':40} {'phase':8} {'seconds':>8} {'bytes':>14} {'rounds':>6}")
    for (name, phase), totals in phases.items():
        middle = statistics.median(total[0] for total in totals)
        print(f"  {name:40} {phase:8} {middle:8.3f} {totals[0][1]:14,} {totals[0][2]:6}")


def main():
    options = arguments()
    everything = {}
    for architecture in options.architectures or ARCHITECTURES:
        runs, peers = [], []
        for pair in range(options.pairs):
            runs.append(run_sotto(options, architecture))
            if options.peer:
                peers.append(run_peer(options, architecture))
            print(f"{architecture}: {pair + 1} of {options.pairs}", file=sys.stderr)
        everything[architecture] = {"sotto": runs, "peer": peers}
        describe(architecture, runs, peers)
        if options.operations:
            describe_operations(runs)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(everything, file)


if __name__ == "__main__":
    main()
