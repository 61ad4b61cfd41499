#!/usr/bin/env python3
"""Compares the latency that Sotto predicts with that of a run on a network that is really shaped: dealer, server and
client in network namespaces of their own, rates by tc, delays by netem or, where the kernel has none, by wire.py.

Needs Linux, root, iproute2, the built program (swift build -c release) and Python's standard library; nothing outside the
namespaces is touched. Run `sotto calibrate --threads 1` first. docs/benchmarks.md says how to read the figures.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
LISTENING = "listening on "
PHASES = ("setup", "offline", "online")
LAYERS = ["SM+LN+G", "SM+LN+R", "SM+ScFuFFN"]
# Addresses of the loopback block, because Sotto speaks plain TCP to no others. Each pair of roles has a subnet.
LINKS = {("server", "client"): 1, ("server", "dealer"): 2, ("client", "dealer"): 3}
# The largest burst that leaves at once: small, so that a rate is a rate for small messages as well.
BURST = 28_000
SEGMENT = 12_000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sotto", default=os.path.join(REPOSITORY, ".build", "release", "sotto"))
    parser.add_argument("--network", action="append", dest="networks", metavar="NAME", help="lan, wan, 300Mbps,40ms")
    parser.add_argument("--architecture", action="append", dest="architectures", metavar="NAME")
    parser.add_argument("--model", default="gpt2")
    parser.add_argument("--positions", type=int, default=128)
    parser.add_argument("--completion", type=int, metavar="TOKENS", help="a completion by the model tiny instead")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-netem", action="store_true", help="delay by wire.py in any case")
    parser.add_argument(
        "--slow-start", action="store_true", help="leave TCP's slow start as it is; without it windows begin large")
    parser.add_argument(
        "--link-rate", action="store_true",
        help="the rate is that of the link, headers of Ethernet, IP and TCP included; without it it is the payload's")
    parser.add_argument("--json", metavar="FILE", help="also write everything to a file")
    options = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("network namespaces need root")
    if not os.access(options.sotto, os.X_OK):
        parser.error(f"there is no program at {options.sotto}; run swift build -c release or pass --sotto")
    if options.runs < 1:
        parser.error("--runs must be at least 1")
    return options


def sh(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def has_netem():
    name = f"sotto-probe-{os.getpid()}"
    sh("ip", "netns", "add", name)
    try:
        sh("ip", "-n", name, "link", "set", "lo", "up")
        command = ["ip", "netns", "exec", name, "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"]
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0
    finally:
        sh("ip", "netns", "del", name)


class Shaped:
    """Namespaces for the three roles, each pair of them joined by a wire."""

    def __init__(self, rate, delay, netem, slow_start):
        self.prefix = f"sotto-{os.getpid()}"
        self.wires = []
        self.names = []
        self.rate, self.delay, self.netem, self.slow_start = rate, delay, netem, slow_start

    def space(self, role):
        return f"{self.prefix}-{role}"

    def address(self, role, peer):
        pair = (role, peer) if (role, peer) in LINKS else (peer, role)
        return f"127.{100 + LINKS[pair]}.0.{1 + pair.index(role)}"

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def build(self):
        for role in ("server", "client", "dealer", "wire"):
            name = self.space(role)
            sh("ip", "netns", "add", name)
            self.names.append(name)
            settings = ["net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"]
            if role != "wire":
                settings += [
                    "net.ipv4.conf.all.route_localnet=1", "net.ipv4.conf.default.route_localnet=1",
                    "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0",
                    "net.ipv4.tcp_slow_start_after_idle=0" if not self.slow_start else
                    "net.ipv4.tcp_slow_start_after_idle=1", "net.ipv4.tcp_no_metrics_save=1",
                    "net.ipv4.tcp_wmem=4096 4194304 67108864", "net.ipv4.tcp_rmem=4096 16777216 67108864",
                ]
            for setting in settings:
                self.optional("ip", "netns", "exec", name, "sysctl", "-qw", setting)
        for (first, second), number in LINKS.items():
            self.join(first, second, number)

    @staticmethod
    def optional(*command):
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def join(self, first, second, number):
        middle = self.space("wire")
        ends = []
        for side, role in enumerate((first, second)):
            inside, outside = f"v{number}{side}", f"w{number}{side}"
            name = self.space(role)
            sh("ip", "-n", name, "link", "add", inside, "type", "veth", "peer", "name", outside, "netns", middle)
            for space, device in ((name, inside), (middle, outside)):
                sh("ip", "-n", space, "link", "set", device, "gso_max_size", str(SEGMENT), "txqueuelen", "10000")
                sh("ip", "-n", space, "link", "set", device, "up")
            peer = self.address(second if side == 0 else first, role)
            sh("ip", "-n", name, "addr", "add", f"{self.address(role, second if side == 0 else first)}/32",
               "dev", inside, "scope", "global")
            route = ["ip", "-n", name, "route", "add", f"{peer}/32", "dev", inside]
            if not self.slow_start:
                route += ["initcwnd", "4000", "initrwnd", "4000"]
            sh(*route)
            self.optional("ip", "netns", "exec", name, "sysctl", "-qw", f"net.ipv4.conf.{inside}.route_localnet=1")
            shape = ["ip", "netns", "exec", name, "tc", "qdisc", "add", "dev", inside, "root"]
            sh(*shape, "tbf", "rate", f"{self.rate:.0f}bit", "burst", str(BURST), "limit", "256mb")
            ends.append(outside)
        if self.netem:
            # The delay is on the way out of the wire, behind the rate.
            sh("ip", "-n", middle, "link", "add", f"b{number}", "type", "bridge")
            sh("ip", "-n", middle, "link", "set", f"b{number}", "up")
            for outside in ends:
                sh("ip", "-n", middle, "link", "set", outside, "master", f"b{number}")
                sh("ip", "netns", "exec", middle, "tc", "qdisc", "add", "dev", outside, "root", "netem", "delay",
                   f"{self.delay * 1e6:.0f}us", "limit", "1000000")
        else:
            wire = subprocess.Popen(
                ["ip", "netns", "exec", middle, sys.executable, os.path.join(HERE, "wire.py"), *ends,
                 f"{self.delay:.7f}"], stdout=subprocess.PIPE, text=True)
            self.wires.append(wire)
            if wire.stdout.readline().strip() != "ready":
                raise SystemExit("wire.py does not start")

    def __exit__(self, *_):
        for wire in self.wires:
            wire.kill()
            wire.wait()
        for name in self.names:
            self.optional("ip", "netns", "del", name)

    def start(self, role, command):
        return subprocess.Popen(
            ["ip", "netns", "exec", self.space(role)] + command, stdout=subprocess.PIPE, text=True)


PROBE = r"""
import socket, sys, time
role, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
def read(s, n):
    while n: n -= len(s.recv(min(n, 1 << 20))) or sys.exit("closed")
if role == "answer":
    l = socket.create_server((host, port)); print("ready", flush=True)
    s, _ = l.accept(); s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(41): read(s, 1); s.sendall(b"x")
    read(s, int(sys.argv[4])); s.sendall(b"x")
else:
    s = socket.create_connection((host, port)); s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times = []
    for _ in range(41):
        t = time.perf_counter(); s.sendall(b"x"); read(s, 1); times.append(time.perf_counter() - t)
    trip = sorted(times)[10]
    n = int(sys.argv[4]); t = time.perf_counter(); s.sendall(bytes(n)); read(s, 1)
    print(trip, n * 8 / (time.perf_counter() - t - trip))
"""


def probe(shaped, count):
    """Round trip in seconds (the lower quartile) and payload bits per second from the client to the server, as a program sees them."""
    host = shaped.address("server", "client")
    answer = shaped.start("server", [sys.executable, "-c", PROBE, "answer", host, "7900", str(count)])
    answer.stdout.readline()
    ask = shaped.start("client", [sys.executable, "-c", PROBE, "ask", host, "7900", str(count)])
    output = ask.communicate()[0].split()
    answer.wait()
    return float(output[0]), float(output[1])


class Role:
    def __init__(self, shaped, role, command):
        self.role = role
        self.process = shaped.start(role, command)

    def wait_until_listening(self):
        line = self.process.stdout.readline().strip()
        if not line.startswith(LISTENING):
            raise SystemExit(f"the {self.role} said {line!r} and not where it listens")

    def finish(self):
        output = self.process.communicate()[0]
        if self.process.returncode != 0:
            raise SystemExit(f"the {self.role} ended with status {self.process.returncode}")
        return output

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


def run(shaped, options, case, network):
    common = ["--insecure-plaintext", "--timeout", "900", "--threads", "1"]
    roles = []

    def start(role, command):
        roles.append(Role(shaped, role, [options.sotto] + command + common))
        return roles[-1]

    try:
        dealer = start("dealer", ["deal", "--listen", f"{DEALER}:7003", "--sessions", "1"])
        dealer.wait_until_listening()
        address = shaped.address("server", "client")
        server = start(
            "server", ["serve", *case["model"], "--listen", f"{address}:7001", "--dealer", f"{DEALER}:7003",
                       "--sessions", "1", "--allow-blocks", "--share-times"])
        server.wait_until_listening()
        client = start(
            "client", ["complete", "--connect", f"{address}:7001", "--dealer", f"{DEALER}:7003", "--prefetch",
                       "--share-times", "--format", "json", "--network", network, *case["complete"]])
        report = json.loads(client.finish())
        for role in (server, dealer):
            role.finish()
    finally:
        for role in roles:
            role.stop()
    return report


DEALER = "127.110.0.1"


def open_ways_to_the_dealer(shaped, slow_start):
    # An address of the host, whichever way a packet for it comes.
    sh("ip", "-n", shaped.space("dealer"), "addr", "add", f"{DEALER}/32", "dev", "v21", "scope", "global")
    for role in ("server", "client"):
        pair = (role, "dealer")
        route = ["ip", "-n", shaped.space(role), "route", "add", f"{DEALER}/32", "via",
                 shaped.address("dealer", role), "dev", f"v{LINKS[pair]}0", "onlink",
                 "src", shaped.address(role, "dealer")]
        if not slow_start:
            route += ["initcwnd", "4000", "initrwnd", "4000"]
        sh(*route)


def estimate(options, case, network):
    command = [options.sotto, "estimate", *case["model"], *case["estimate"], "--network", network, "--threads", "1",
               "--format", "json"]
    report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return report["latency"][0]


def cases(options):
    if options.completion:
        prompt = "def __init__(self"
        tokens = ["--tokens", str(options.completion)]
        return [{
            "name": f"tiny, {options.completion} tokens", "model": ["tiny"],
            "complete": ["--prompt", prompt, *tokens], "estimate": ["--context", str(len(prompt)), *tokens],
        }]
    positions = ["--blocks-only", "--context", str(options.positions)]
    return [{
        "name": name, "model": [options.model, "--layers", "1", "--architecture", name], "complete": positions,
        "estimate": positions,
    } for name in options.architectures or LAYERS]


def compare(options, network, netem, everything):
    case_list = cases(options)
    predictions = [estimate(options, case, network) for case in case_list]
    rate, trip = predictions[0]["mbit_per_s"] * 1e6, predictions[0]["rtt_ms"] * 1e-3
    # What the way itself takes is part of the round trip, and headers are no payload: both are measured and made good.
    link, delay = rate, trip / 2
    for _ in range(2):
        with Shaped(link, delay, netem, options.slow_start) as trial:
            seen_trip, seen_rate = probe(trial, int(rate / 4))
        delay = max(0.0, delay - (seen_trip - trip) / 2)
        if not options.link_rate:
            link *= rate / seen_rate
    with Shaped(link, delay, netem, options.slow_start) as shaped:
        open_ways_to_the_dealer(shaped, options.slow_start)
        seen_trip, seen_rate = probe(shaped, int(rate / 4))
        print(f"\n{network}: round trip {seen_trip * 1e3:.3f} ms of {trip * 1e3:g}, "
              f"payload {seen_rate / 1e6:.1f} of {rate / 1e6:g} Mbit/s by tbf at {link / 1e6:.1f}, delay by {'netem' if netem else 'wire.py'}")
        print(f"  {'':18} {'local work':12}" + "".join(f"{phase:>30}" for phase in PHASES))
        for case, predicted in zip(case_list, predictions):
            reports = [run(shaped, options, case, network) for _ in range(options.runs)]
            measured = {
                phase: statistics.median(report["elapsed_seconds"][phase] for report in reports) for phase in PHASES}
            replayed = {
                phase: statistics.median(report["latency"][0][phase] for report in reports) for phase in PHASES}
            for prediction, compute in ((predicted, predicted["compute"]), (replayed, "measured")):
                cells = "".join(
                    f"{measured[phase]:9.3f} /{prediction[phase]:8.3f} = {measured[phase] / prediction[phase]:5.3f} "
                    for phase in PHASES)
                print(f"  {case['name']:18} {compute:12}{cells}", flush=True)
            everything.append({
                "network": network, "case": case["name"], "predicted": predicted, "measured": measured, "replayed": replayed,
                "round_trip": seen_trip, "bits_per_second": seen_rate,
                "runs": [report["elapsed_seconds"] for report in reports],
            })


def main():
    options = arguments()
    netem = not options.no_netem and has_netem()
    everything = []
    print("measured / predicted seconds, medians; every phase from its own start")
    for network in options.networks or ["wan", "lan"]:
        compare(options, network, netem, everything)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(everything, file, indent=1)


if __name__ == "__main__":
    main()
