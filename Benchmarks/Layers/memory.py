#!/usr/bin/env python3
"""Measures the memory of dealer, server and client, three processes on loopback, while they run decoder layers.

What a process holds beyond the model's own is bounded whatever the sequence length: the script prints each process's peak,
what of it the model itself is, and the difference. Needs the built program (swift build -c release) and Python's standard
library, and Linux for its /proc.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Model, layers and positions: a long pass of a small model and a short one of a large model.
RUNS = [("gpt2", 1, 128), ("gpt2", 1, 1024), ("llama-7b", 1, 128)]
# Elements of a layer's weight matrices, those that have one input (query, key and value; gate and up) as one.
WEIGHTS = {
    "gpt2": [768 * 2304, 768 * 768, 768 * 3072, 3072 * 768],
    "llama-7b": [4096 * 12288, 4096 * 4096, 4096 * 22016, 11008 * 4096],
}
ELEMENT_BYTES = 8


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sotto", default=os.path.join(REPOSITORY, ".build", "release", "sotto"))
    parser.add_argument(
        "--run", action="append", dest="runs", metavar="MODEL,LAYERS,POSITIONS",
        help="may be given several times; without it " + " ".join("%s,%d,%d" % run for run in RUNS))
    parser.add_argument("--json", metavar="FILE", help="also write every run to a file")
    options = parser.parse_args()
    if not os.access(options.sotto, os.X_OK):
        parser.error(f"there is no program at {options.sotto}; run swift build -c release or pass --sotto")
    options.runs = [parsed(parser, text) for text in options.runs] if options.runs else RUNS
    return options


def parsed(parser, text):
    parts = text.split(",")
    if len(parts) != 3 or not parts[1].isdigit() or not parts[2].isdigit():
        parser.error("--run takes a model, layers and positions, such as gpt2,1,1024")
    if parts[0] not in WEIGHTS:
        parser.error("--run knows the models " + ", ".join(WEIGHTS))
    return parts[0], int(parts[1]), int(parts[2])


def megabytes(process, name):
    """A line of the process's status in megabytes, 0 once it has ended."""
    try:
        with open(f"/proc/{process.pid}/status") as lines:
            for line in lines:
                if line.startswith(name + ":"):
                    return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        pass
    return 0


def listening(command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return process, process.stdout.readline().split()[-1]


def measure(sotto, model, layers, positions):
    common = ["--insecure-plaintext", "--timeout", "600"]
    parties = []
    try:
        dealer, dealer_address = listening([sotto, "deal", "--listen", "127.0.0.1:0"] + common)
        parties.append(dealer)
        server, server_address = listening(
            [sotto, "serve", model, "--layers", str(layers), "--dealer", dealer_address, "--listen", "127.0.0.1:0",
             "--allow-blocks"] + common)
        parties.append(server)
        # The server's peak from here on is that of the run: loading a model takes memory of its own.
        loaded = megabytes(server, "VmRSS")
        with open(f"/proc/{server.pid}/clear_refs", "w") as peak:
            peak.write("5")
        start = time.monotonic()
        client = subprocess.Popen(
            [sotto, "complete", "--connect", server_address, "--dealer", dealer_address, "--blocks-only", "--context",
             str(positions), "--format", "json"] + common,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        result = []
        reader = threading.Thread(target=lambda: result.append(client.communicate()))
        reader.start()
        peaks = {"dealer": 0, "server": 0, "client": 0}
        while reader.is_alive():
            for name, process in zip(peaks, (dealer, server, client)):
                peaks[name] = max(peaks[name], megabytes(process, "VmHWM"))
            time.sleep(0.05)
        if client.returncode != 0:
            sys.exit(f"{model} at {positions} positions: {result[0][1].strip()}")
        return {"model": model, "layers": layers, "positions": positions, "seconds": time.monotonic() - start,
                "peak_megabytes": peaks, "loaded_megabytes": loaded}
    finally:
        for process in parties:
            process.terminate()
            process.wait()


def main():
    options = arguments()
    runs = []
    print(f"{'model':10} {'T':>5} {'seconds':>8}  {'process':8} {'peak MB':>8} {'model MB':>9} {'beyond':>7}")
    for model, layers, positions in options.runs:
        run = measure(options.sotto, model, layers, positions)
        # The dealer has one weight's mask at a time, the client every masked weight.
        own = {
            "dealer": max(WEIGHTS[model]) * ELEMENT_BYTES / 1e6, "server": run["loaded_megabytes"],
            "client": layers * sum(WEIGHTS[model]) * ELEMENT_BYTES / 1e6,
        }
        run["model_megabytes"] = own
        for name, peak in run["peak_megabytes"].items():
            print(f"{model:10} {positions:5} {run['seconds']:8.1f}  {name:8} {peak:8.0f} {own[name]:9.0f} "
                  f"{peak - own[name]:7.0f}", flush=True)
        runs.append(run)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(runs, file, indent=2)
            file.write("\n")


if __name__ == "__main__":
    main()
