"""Gathers the runs of the entropy study: docs/study/*.csv and *.svg, and the tables of docs/entropy-study.md."""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
DOCS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "docs")
DATA = os.path.join(DOCS, "study")
RANGES = ["lowest", "lower_middle", "upper_middle", "highest"]
# Windows of the held-out text that entropies are measured on, and the steps between points of a curve.
WINDOWS = 64
CURVE_INTERVAL = 25


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def held_out_text(options, directory):
    """Writes the text that a run held out to a file, and checks that it is the run's."""
    record = read(os.path.join(directory, "corpus.json"))
    parts = []
    for file in record["files"]:
        if file["held_out"]:
            with open(os.path.join(options.corpus, file["path"]), "rb") as source:
                parts.append(source.read())
    text = b"\n".join(parts)
    if hashlib.sha256(text).hexdigest() != record["held_out"]["sha256"]:
        raise SystemExit(f"the files in {options.corpus} are not those that {directory} was trained on")
    path = os.path.join(options.runs, "held-out.txt")
    with open(path, "wb") as target:
        target.write(text)
    return path


def sotto(options, *words):
    # No calibration of the user's: latencies are those of messages alone.
    environment = os.environ | {"XDG_CACHE_HOME": os.path.join(options.runs, "no-calibration")}
    command = [options.sotto, *words, "--format", "json"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True).stdout)


def measure(options, row, text):
    """Everything that is told of a row, by column."""
    directory = os.path.join(options.runs, row.name)
    record = read(os.path.join(directory, "training.json"))
    diverged = record.get("diverged")
    held_out = record.get("held_out") or {}
    result = {
        "row": row.name, "architecture": row.architecture, "variant": row.variant, "options": row.options,
        "weights": record["sizes"]["parameters"], "steps": record["steps"], "tokens": record["tokens"],
        "perplexity": held_out.get("perplexity", "NaN"), "mean_loss": held_out.get("mean_loss", "NaN"),
        "published_perplexity": row.published,
        "diverged_step": diverged["step"] if diverged else "",
        "diverged_layer": diverged["layer"] if diverged else "",
        "seconds": round(record["seconds"], 1), "tokens_per_second": round(record["tokens_per_second"]),
    }
    entropy = None
    if not diverged:
        entropy = sotto(options, "entropy", directory, "--file", text, "--windows", str(WINDOWS))
        shares = entropy["ranges"]["largest"]["shares"]
        findings = entropy["findings"]
        result |= dict(zip(RANGES, shares))
        result |= {
            "largest_entropy": entropy["largest"], "collapse": findings["collapse"]["found"],
            "overload": findings["overload"]["found"], "well_behaved": findings["well_behaved"]["found"],
            "early_share_of_overloaded": findings["overload"]["early_share"],
        }
    cost = sotto(options, "table", directory, "--network", "lan,wan")[0]
    online = cost["totals"]["online"]
    result |= {
        "online_bytes": sum(online["bytes_sent"]), "online_rounds": online["rounds"],
        "dealer_bytes": sum(sum(cost["totals"][phase]["dealer_bytes"]) for phase in cost["totals"]),
    }
    result |= {f"{network['network']}_online_seconds": network["online"] for network in cost["latency"]}
    return result, record, entropy


def write(name, rows):
    """A CSV file of dictionaries; columns in the order in which they occur."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with open(os.path.join(DATA, name), "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def heads(name, record, entropy):
    """One row a head: entropy, its ratio to what is reachable, and the learned threshold."""
    if entropy is None:
        return
    thresholds = record.get("thresholds")
    for layer, values in enumerate(entropy["entropies"]):
        for head, value in enumerate(values):
            row = {
                "row": name, "layer": layer, "head": head, "entropy": round(value, 5),
                "reachable_ratio": round(entropy["reachable"]["ratios"][layer][head], 5), "threshold": "",
            }
            if thresholds:
                row["threshold"] = round(thresholds[layer][head], 5)
            yield row


def curves(options, name):
    """Every layer's mean entropy over training, thinned."""
    with open(os.path.join(options.runs, name, "entropies.csv"), encoding="utf-8") as file:
        for line in csv.DictReader(file):
            step = int(line["step"])
            if step == 1 or step % CURVE_INTERVAL == 0:
                yield {"row": name, "step": step, "layer": line["layer"], "mean_entropy": line["mean"]}


def stress(options, rows):
    """How far runs at high learning rates came."""
    for row in rows:
        path = os.path.join(options.runs, row.name, "training.json")
        if not os.path.exists(path):
            continue
        record = read(path)
        diverged = record.get("diverged") or {}
        name, rate = re.fullmatch(r"stress/(.+)-([0-9.]+e-[0-9]+)", row.name).groups()
        with open(os.path.join(options.runs, row.name, "log.csv"), encoding="utf-8") as file:
            losses = [float(line["loss"]) for line in csv.DictReader(file)]
        yield {
            "row": name, "architecture": row.architecture, "variant": row.variant, "learning_rate": rate,
            "steps": record["steps"], "perplexity": (record.get("held_out") or {}).get("perplexity", "NaN"),
            "largest_loss": max(losses, default=""), "diverged_step": diverged.get("step", ""),
            "layer": diverged.get("layer", ""), "collapsed_at_step": diverged.get("collapsed_at_step", ""),
            "entropy": diverged.get("entropy", ""),
        }


def number(value, digits=2):
    return value if isinstance(value, str) else f"{value:.{digits}f}"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "| " + " | ".join("---" for _ in header) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def label(result):
    return f"`{result['architecture']}`" + (f", {result['variant']}" if result["variant"] else "")


def perplexities(results):
    return table(
        ["network", "weights", "perplexity a byte", "in the paper", "online", "rounds", "LAN", "WAN"],
        [[
            label(one), f"{one['weights']:,}", number(one["perplexity"], 3), one["published_perplexity"],
            f"{one['online_bytes'] / 1e6:.1f} MB", str(one["online_rounds"]),
            f"{one['lan_online_seconds']:.2f} s", f"{one['wan_online_seconds']:.1f} s",
        ] for one in results])


def ranges(results):
    def verdict(one):
        names = [name.replace("_", " ") for name in ("collapse", "overload", "well_behaved") if one[name]]
        return ", ".join(names) or "neither"

    return table(
        ["network", "[0, max/4)", "[max/4, max/2)", "[max/2, 3max/4)", "[3max/4, max]", "max", "finding"],
        [[label(one), *(f"{100 * one[name]:.0f} %" for name in RANGES), number(one["largest_entropy"]), verdict(one)]
         for one in results if "lowest" in one])


def stresses(rows):
    rates = list(dict.fromkeys(row["learning_rate"] for row in rows))
    names = list(dict.fromkeys(row["row"] for row in rows))
    cells = {(row["row"], row["learning_rate"]): row for row in rows}

    def cell(row):
        if row is None:
            return ""
        if row["diverged_step"] == "":
            return number(row["perplexity"])
        step, layer = row["diverged_step"], row["layer"]
        if row["collapsed_at_step"] == "":
            return f"NaN at step {step}, no layer collapsed, layer {layer} the lowest"
        return f"NaN at step {step}, layer {layer} collapsed at {row['collapsed_at_step']}"

    first = {row["row"]: row for row in rows}
    lines = [[label(first[name]), *(cell(cells.get((name, rate))) for rate in rates)] for name in names]
    return table(["network", *rates], lines)


def thresholds(measured):
    """How learned thresholds stand to the entropies of the last step."""
    rows = []
    for result, record, _ in measured:
        if not record.get("thresholds") or "lowest" not in result:
            continue
        regulariser = record["settings"]["regulariser"]
        learned = [value for layer in record["thresholds"] for value in layer]
        entropies = [value / record["maximum_entropy"] for layer in record["head_entropies"] for value in layer]
        distances = [abs(entropy - threshold) for entropy, threshold in zip(entropies, learned)]
        outside = sum(distance > regulariser["tolerance"] for distance in distances)
        rows.append([
            f"{regulariser['coefficient']:g}", f"{regulariser['tolerance']:g}",
            f"{record['settings']['temperature_start']:g}", number(result["perplexity"], 3),
            f"{100 * result['lowest']:.0f} %", f"{100 * result['highest']:.0f} %",
            f"{min(learned):.2f} to {max(learned):.2f}", f"{sum(learned) / len(learned):.2f}",
            f"{sum(distances) / len(distances):.3f}", f"{outside} of {len(distances)}",
        ])
    return table(
        ["lambda", "gamma", "t from", "perplexity", "[0, max/4)", "[3max/4, max]", "thresholds", "their mean",
         "mean distance from E/Emax", "heads outside the margin"], rows)


def fill(page, name, text):
    """Puts a table between its markers."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.S)
    if not pattern.search(page):
        raise SystemExit(f"docs/entropy-study.md has no place for {name}")
    return pattern.sub(lambda match: match[1] + text + "\n" + match[2], page)


def collect(options, rows, stress_rows):
    """Measures the rows that have been trained."""
    os.makedirs(DATA, exist_ok=True)
    present = [row for row in rows if os.path.exists(os.path.join(options.runs, row.name, "training.json"))]
    if not present:
        raise SystemExit(f"no row of the study has ended in {options.runs}")
    text = held_out_text(options, os.path.join(options.runs, present[0].name))
    measured = [measure(options, row, text) for row in present]
    results = [result for result, _, _ in measured]
    write("results.csv", results)
    write("heads.csv", [line for result, record, entropy in measured for line in heads(result["row"], record, entropy)])
    write("curves.csv", [line for row in present for line in curves(options, row.name)])
    write("factors.csv", [
        {"row": result["row"], "layer": layer, **scale}
        for result, record, _ in measured for layer, scale in enumerate(record.get("scales") or [])
    ])
    for row in [*present, *stress_rows]:
        picture = os.path.join(options.runs, row.name, "entropies.svg")
        if os.path.exists(picture):
            shutil.copyfile(picture, os.path.join(DATA, row.name.replace("/", "-") + ".svg"))
    stressed = list(stress(options, stress_rows))
    path = os.path.join(DOCS, "entropy-study.md")
    with open(path, encoding="utf-8") as file:
        page = file.read()
    page = fill(page, "perplexities", perplexities(results))
    page = fill(page, "ranges", ranges(results))
    page = fill(page, "thresholds", thresholds(measured))
    if stressed:
        write("stress.csv", stressed)
        page = fill(page, "stress", stresses(stressed))
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)
