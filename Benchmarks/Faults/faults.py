#!/usr/bin/env python3
"""Breaks connections, processes and messages between a dealer, a server and a client on loopback, and checks what is left.

    python3 Benchmarks/Faults/faults.py --rounds 3

Needs Linux, the built program (swift build -c release) and Python's standard library. Every group of faults begins and
ends with a completion that must be right, and the script checks that it does. A fault may end the session that it hits:
with the exit status that it should have, within the timeout, in one sentence that names who is at fault. All else is a
failure. Prints counts, and every failure; exit status 1 if there is one. --seed repeats the same faults.
"""

import argparse
import json
import os
import random
import re
import resource
import signal
import sys
import time

from wire import (
    ABORT, AGREED, CONTROL, DEALER_SEED, HEARTBEAT, MAGIC, PLAIN, PROMPT, STREAM, Proxy, Role, connect, control, frame,
    frames, free_address, header, hello, read_all, reason)

BENIGN = "benign completions"
REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LARGEST = 2**63 - 1
LAYER = {
    "norm1": "layer_norm", "norm2": "layer_norm", "activation": "gelu_new", "fused": False, "gated": False,
    "scaled": False, "temperature": False}


def architecture(layers=1, context=128, **sizes):
    known = {
        "context": context, "feed_forward_width": 512, "final_norm": "layer_norm", "has_biases": True, "heads": 4,
        "key_value_heads": 4, "layer_norm_epsilon": 1e-5, "layers": [LAYER] * layers, "tied_head": True,
        "vocabulary": 256, "width": 128}
    return {**known, **sizes}


def run_request(past, new, output="last"):
    return {"past": past, "new": new, "output": output, "fingerprint": "0" * 64, "prefetch": False, "inferences": 1}


def dealer_request(lengths, model, fingerprint="0" * 64):
    description = json.dumps({"target": "ot with trees of arity 4, dealer, ring64", "pass": {"architecture": model, "output": "last", **lengths}})
    return control({"sequence": 0, "description": description, "fingerprint": fingerprint})


def tags(data):
    return [tag for tag, _ in frames(data[:1000])[0]]


class Faults:
    def __init__(self, options):
        self.options, self.random = options, random.Random(options.seed)
        self.timeout = options.timeout
        self.counts, self.failures = {}, []
        # What a group counted, in its order.
        self.trail = []
        self.roles = []

    # Roles

    def role(self, arguments, **more):
        role = Role(self.options.sotto, arguments, **more)
        self.roles.append(role)
        return role

    def dealer(self, *arguments, at="127.0.0.1:0", **more):
        return self.role(["deal", "--listen", at, "--timeout", str(self.timeout), PLAIN, *arguments], **more)

    def server(self, dealer, *arguments, at="127.0.0.1:0", **more):
        return self.role(
            ["serve", "tiny", "--listen", at, "--dealer", dealer, "--timeout", str(self.timeout), PLAIN,
             *arguments], **more)

    def client(self, server, dealer, tokens=1, prompt=PROMPT, *arguments):
        return self.role(
            ["complete", "--connect", server, "--dealer", dealer, "--prompt", prompt, "--tokens", str(tokens),
             "--timeout", str(self.timeout), "--format", "json", PLAIN, *arguments])

    def count(self, what, number=1):
        self.counts[what] = self.counts.get(what, 0) + number
        if number:
            self.trail.append(what)

    def fail(self, what):
        self.failures.append(what)
        print("FAILED:", what, flush=True)

    def expect(self, isTrue, what):
        if not isTrue:
            self.fail(what)
        return isTrue

    def tokens(self, role):
        return json.loads(role.out)["completion"]["tokens"]

    def benign(self, server, dealer, what):
        """A completion that nobody disturbs: it must be right."""
        client = self.client(server, dealer)
        status = client.wait(10 * self.timeout + 30)
        self.count(BENIGN)
        if status != 0:
            self.fail(f"{what}: a benign completion ended with {status}: {client.said}")
        elif self.tokens(client) != self.expected[:1]:
            self.fail(f"{what}: a benign completion gave {self.tokens(client)}")
        client.kill()

    def start(self, *arguments):
        self.clean()
        dealer = self.dealer(*arguments)
        self.d = dealer.address()
        server = self.server(self.d, *arguments)
        self.s = server.address()
        return dealer, server

    def clean(self):
        for role in self.roles:
            try:
                role.kill()
            except ValueError:
                pass
        self.roles = []

    def both_live(self, dealer, server, what):
        self.expect(dealer.alive, f"{what}: the dealer ended with {dealer.process.returncode}: {dealer.said[-300:]}")
        self.expect(server.alive, f"{what}: the server ended with {server.process.returncode}: {server.said[-300:]}")

    def run(self, group):
        self.trail = []
        start = time.monotonic()
        getattr(self, group)()
        self.expect(len(self.trail) > 2 and self.trail[0] == self.trail[-1] == BENIGN,
                    f"{group} does not begin and end with a completion: {self.trail[:1]}, {self.trail[-1:]}")
        print(f"{group}: {time.monotonic() - start:.1f} s", flush=True)

    # Raw requests

    def greet_server(self, what):
        """A connection whose greeting the server has taken, and what the server has sent there."""
        connection = connect(self.s, STREAM + hello("client", AGREED))
        data, ended = read_all(connection, 0.2)
        found, rest = frames(data)
        isTaken = not ended and rest == 0 and [tag for tag, _ in found if tag != HEARTBEAT] == [CONTROL]
        self.expect(isTaken, f"{what}: the server does not take a proper greeting: {reason(data) or data[-200:]}")
        return connection, data

    def pair_at_dealer(self):
        name = "s%d" % self.random.getrandbits(60)
        return [connect(self.d, STREAM + hello(role, {"session": name})) for role in ("server", "client")]

    def proper_requests(self, what):
        """Requests that nothing is wrong with reach what the hostile ones are to reach: otherwise those test nothing.

        Returns what to ask a dealer for the longest run of the server's model.
        """
        connection, data = self.greet_server(what)
        offers = [json.loads(payload)["fields"] for tag, payload in frames(data)[0] if tag == CONTROL]
        model = json.loads(offers[0]["architecture"]) if offers else {}
        # All is right but the fingerprint, of which nobody but the server needs to know how it is made.
        connection.sendall(control(run_request(0, 128)))
        said = reason(data + read_all(connection, self.timeout + 30)[0])
        connection.close()
        found = re.match(r"The program differs: '([0-9a-f]{64})' here, '0{64}' at client", said or "")
        self.expect(found, f"{what}: the server does not take a proper request: {said}")
        request = dealer_request({"past": 0, "new": 128}, model, found.group(1) if found else "0" * 64)
        pair = self.pair_at_dealer()
        for party in pair:
            party.sendall(request)
        for party in pair:
            # The server gets corrections as well, after its seeds.
            data, _ = read_all(party, 5, isEnough=lambda data: DEALER_SEED in tags(data))
            self.expect(DEALER_SEED in tags(data) and ABORT not in tags(data),
                        f"{what}: the dealer does not take a proper request: {reason(data)}")
        for party in pair:
            party.close()
        self.count("proper raw requests", 2)
        return request

    # Groups of faults

    def reference(self):
        self.start()
        client = self.client(self.s, self.d, 3)
        status = client.wait(60)
        if status != 0:
            raise SystemExit(f"not even an undisturbed completion works: {client.said}")
        self.expected = self.tokens(client)

    def numbers(self):
        """Requests whose numbers overflow, are too large, or are no numbers."""
        dealer, server = self.start()
        self.benign(self.s, self.d, "numbers")
        self.proper_requests("numbers")
        allowed = r"A run of up to %s %s was asked for and \d+ are allowed"
        lengths = [
            (LARGEST, LARGEST), (LARGEST, 1), (1, LARGEST), (-1, 1), (-2**63, 1), (-2**63, -2**63), (0, 0), (0, -1),
            (2**62, 2**62), (0, 129), (0, 4097), (0, 65536), (2**63, 1), (0.5, 1), (1e308, 1), ("1", 1), (None, 1)]
        for past, new in lengths:
            if type(past) is int and past < 2**63:
                total = min(max(past + new, -2**63), LARGEST)
                at_server = f"number of positions is {total} but must be between 1 and 128"
                at_dealer = f"number of positions is {total} but must be between 1 and 65536"
                if 4096 < total <= 65536:
                    at_dealer = allowed % (total, "positions")
                elif total == 129:
                    at_dealer = "its program differs from the one of this version"
            else:
                at_server = "The request of client at .* is not a request"
                at_dealer = "not the description of a forward pass"
            self.ask_server(run_request(past, new), (past, new), at_server)
            self.ask_dealer({"past": past, "new": new}, architecture(context=65536), (past, new), at_dealer)
        for output in ("all", "blocks", "none", 3):
            sentence = f'The server does not open "{output}"; it opens "last"'
            if output in ("none", 3):
                sentence = "The request of client at .* is not a request"
            self.ask_server(run_request(0, 2, output), output, sentence)
        between = "architecture's %s is %d but must be between 1 and"
        # Beyond one limit and within those that are checked before it.
        wide = {"width": 8192, "feed_forward_width": 65536}
        deep = {"heads": 16, "key_value_heads": 1, "width": 8192, "feed_forward_width": 32768}
        huge = [
            (architecture(1024, 65536), allowed % (65536, "positions")),
            (architecture(1024, 2048), allowed % (r"\d+", "instructions")),
            (architecture(1, 128, **wide), allowed % (r"\d+", "elements of its largest tensor")),
            (architecture(1, 4096, width=8192, feed_forward_width=65536, vocabulary=1 << 20),
             allowed % (r"\d+", "elements of its largest tensor")),
            (architecture(210, 128, **deep), allowed % (r"\d+", "multiplications and additions")),
            (architecture(2000), between % ("layers", 2000)),
            (architecture(9000), r"[Aa] message of \d+ bytes .*exceeds the limit of 1048576"),
            (architecture(1, 2**40), between % ("context", 2**40)),
            (architecture(1, 128, width=-1), between % ("width", -1)),
            (architecture(1, 128, heads=0), between % ("heads", 0)),
            (architecture(1, 128, heads=1), "number of heads, 1, must be a multiple"),
            (architecture(1, 128, layer_norm_epsilon=1e300), "epsilon is 1e\\+300 but must be"),
            ({}, "not the description of a forward pass"), ([], "not the description of a forward pass")]
        for model, sentence in huge:
            new = model.get("context", 1) if isinstance(model, dict) else 1
            before = dealer.memory()
            self.ask_dealer({"past": 0, "new": new}, model, f"{str(model)[:60]}...", sentence)
            self.expect(dealer.memory() - before < 200 << 20, f"the dealer grew by {dealer.memory() - before} bytes")
        self.both_live(dealer, server, "numbers")
        self.benign(self.s, self.d, "after numbers")

    def ask_server(self, request, what, sentence):
        connection = connect(self.s, STREAM + hello("client", AGREED))
        # The dealer is another's: without a partner the server's connection there waits, and the request comes first.
        connection.sendall(control(request))
        data, ended = read_all(connection, self.timeout + 30)
        connection.close()
        self.count("hostile requests")
        self.refused(data, ended, f"the server, asked for {what}", sentence)

    def ask_dealer(self, lengths, model, what, sentence):
        pair = self.pair_at_dealer()
        request = dealer_request(lengths, model)
        for connection in pair:
            try:
                connection.sendall(request)
            except OSError:
                pass
        for connection in pair:
            data, ended = read_all(connection, self.timeout + 30)
            self.refused(data, ended, f"the dealer, asked for {what}", sentence)
            connection.close()
        self.count("hostile requests")

    def refused(self, data, ended, what, sentence):
        """With the sentence of just this refusal: a greeting that is refused would not have tested the request."""
        said = reason(data)
        self.expect(ended and said and re.search(sentence, said) and "differs: " not in said,
                    f"{what}, should have said {sentence!r} and said {said!r}")

    def noise(self):
        """Bytes that are no greeting, half a greeting, or a wrong one; silence; and floods."""
        dealer, server = self.start()
        self.benign(self.s, self.d, "noise")
        longest = self.proper_requests("noise")
        good = STREAM + hello("client", AGREED)
        inputs = [b"", b"GET / HTTP/1.1\r\n\r\n", MAGIC, STREAM, good[:-1], good[:40], b"\0" * 4000, good + b"\0" * 64]
        inputs += [STREAM + hello("client", AGREED, version) for version in (0, -1, 3, LARGEST)]
        inputs += [STREAM + hello("x" * 100_000, AGREED), STREAM + hello("client", {"session": "s" * 100_000})]
        inputs += [STREAM + hello("client", {"session": name}) for name in ("", " ", "\n", "\u00e9", "a" * 65)]
        inputs += [STREAM + frame(CONTROL, b"[" * 5000), STREAM + frame(CONTROL, b"{}"), STREAM + frame(7, b"x")]
        for _ in range(100 * self.options.rounds):
            bytes_ = bytearray(good)
            for _ in range(self.random.randint(1, 4)):
                at = self.random.randrange(len(bytes_))
                bytes_[at] ^= 1 << self.random.randrange(8)
            inputs.append(bytes(bytes_))
        for data in inputs:
            for address in (self.s, self.d):
                connect(address, data).close()
                self.count("hostile greetings")
        self.both_live(dealer, server, "noise")
        self.benign(self.s, self.d, "after noise")
        before = dealer.memory()
        flood = frame(CONTROL) * 4096
        for address in (self.d, self.s):
            connection = connect(address, STREAM)
            try:
                for _ in range(50):
                    connection.sendall(flood)
            except OSError:
                pass
            connection.close()
            self.count("floods")
        self.expect(dealer.memory() - before < 100 << 20, f"a flood took {dealer.memory() - before} bytes")
        self.benign(self.s, self.d, "after floods")
        # In new processes, without freed memory that would hide what is held.
        dealer, server = self.start()
        self.benign(self.s, self.d, "before hoards")
        self.hoards(dealer, server)
        self.departures(dealer, server, longest)
        self.both_live(dealer, server, "after noise")
        self.benign(self.s, self.d, "after hoards and departures")

    def hoards(self, dealer, server):
        """Much that nobody asked for is neither held nor waited for, and a client is served meanwhile."""
        names = STREAM + hello("client", {"session": "s" * 1_000_000})
        empty = frame(CONTROL) * 20_000
        greeted = STREAM + hello("client", {"session": "h%d" % self.random.getrandbits(60)})
        hoards = [
            (server, "1 GiB claimed", None, header(1 << 30, CONTROL) + bytes(64 << 20)),
            (server, "20,000 empty messages", None, empty),
            (dealer, "1 GiB claimed", greeted, header(1 << 30, CONTROL) + bytes(64 << 20)),
            (dealer, "20,000 empty messages", greeted, empty),
            (dealer, "a name of 1 MB", b"", names)]
        for role, what, greeting, data in hoards:
            what = f"{what} at the {role.name}"
            before = role.memory()
            if greeting is None:
                connection, _ = self.greet_server(what)
            else:
                connection = connect(self.s if role is server else self.d, greeting)
            taken, most = self.push(connection, data, role)
            self.count("hoards")
            self.benign(self.s, self.d, f"beside {what}")
            grown = max(most, role.memory()) - before
            self.expect(grown < 40 << 20, f"{what}: it grew by {grown} bytes and took {taken}")
            if data is names:
                said = reason(read_all(connection, self.timeout + 5)[0])
                self.expect(said and "cannot read this side's handshake" in said, f"{what}: {said}")
            connection.close()

    def push(self, connection, data, role, seconds=0.3):
        """Sends until nothing is taken any more; how much that was, and the most memory that the role had."""
        rest, most = memoryview(data), 0
        connection.settimeout(seconds)
        while rest:
            try:
                rest = rest[connection.send(rest[:1 << 20]):]
            except OSError:
                break
            most = max(most, role.memory())
        return len(data) - len(rest), most

    def departures(self, dealer, server, longest):
        """Both parties leave while the dealer makes a large program, or deals for one: nothing of them stays.

        What is freed is not always given back to the system; the next program takes it again.
        """
        building = dealer_request({"past": 0, "new": 128}, architecture(40))
        threads, kept = dealer.threads(), {}
        for index in range(2 + 2 * self.options.rounds):
            request = (building, longest)[index % 2]
            pair = self.pair_at_dealer()
            for party in pair:
                party.sendall(request)
            time.sleep(0.3 if index < 2 else self.random.uniform(0, 0.5))
            for party in pair:
                party.close()
            self.count("parties that left at once", 2)
            end = time.monotonic() + 6
            while dealer.threads() > threads and time.monotonic() < end:
                time.sleep(0.05)
            self.expect(dealer.threads() <= threads, f"the dealer has {dealer.threads()} threads instead of {threads}")
            if index < 2:
                kept = dealer.memory()
            grown = dealer.memory() - kept
            self.expect(grown < 40 << 20, f"parties that left at once hold {grown} bytes")

    def silence(self):
        """A silent connection delays nobody."""
        dealer, server = self.start()
        self.benign(self.s, self.d, "silence")
        silent = [connect(address) for address in (self.s, self.d) for _ in range(4)]
        # A client whose greeting waited for theirs to end would have given up.
        self.benign(self.s, self.d, "beside silent connections")
        self.count("silent connections", len(silent))
        for connection in silent:
            connection.close()
        self.both_live(dealer, server, "silence")
        self.benign(self.s, self.d, "after silent connections")

    def orphans(self):
        """Parties whose partners never come; few descriptors."""
        self.clean()
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        dealer = self.dealer("--max-sessions", "4", limits=few)
        self.d = dealer.address()
        server = self.server(self.d)
        self.s = server.address()
        self.benign(self.s, self.d, "orphans")
        waiting = []
        for index in range(56):
            try:
                waiting.append(connect(self.d, STREAM + hello("client", {"session": f"o{index}"})))
            except OSError:
                pass
        # Who waits longest gives way, and is gone two seconds later.
        end = time.monotonic() + 6
        while time.monotonic() < end:
            client = self.client(self.s, self.d)
            if client.wait(30) == 0:
                break
            time.sleep(0.2)
        self.benign(self.s, self.d, "beside 56 orphans and 64 descriptors")
        for connection in waiting:
            connection.close()
        self.count("parties without partners", 56)
        before = dealer.memory()
        for index in range(100 + 100 * self.options.rounds):
            connect(self.d, STREAM + hello("server", {"session": f"p{index}"})).close()
            self.count("parties without partners")
        time.sleep(0.5)
        grown = dealer.memory() - before
        self.expect(grown < 20 << 20, f"parties that left hold {grown} bytes")
        self.expect(dealer.threads() < 30, f"parties that left hold {dealer.threads()} threads")
        self.both_live(dealer, server, "orphans")
        self.benign(self.s, self.d, "after orphans")

    def streams(self):
        """Standard error that cannot be written, and standard streams that are closed."""
        self.start()
        self.benign(self.s, self.d, "streams")
        for kind in ("/dev/full", "a pipe without reader"):
            self.clean()
            if kind == "/dev/full":
                full = open(kind, "wb")
            else:
                reader, writer = os.pipe()
                os.close(reader)
                full = os.fdopen(writer, "wb")
            dealer = self.dealer(stderr=full)
            self.d = dealer.address()
            server = self.server(self.d, stderr=full)
            self.s = server.address()
            for address in (self.s, self.d):
                connect(address, b"GET / HTTP/1.1\r\n\r\n").close()
                self.count("hostile greetings")
            self.count("unwritable streams")
            self.benign(self.s, self.d, f"with {kind} as standard error")
            self.both_live(dealer, server, kind)
            full.close()
        for closed in ((2,), (0, 1, 2)):
            self.descriptors(closed)

    def descriptors(self, closed):
        """What is opened in place of a closed standard stream must not get what is written to that."""
        self.clean()
        what = f"with descriptors {closed} closed"
        self.d, self.s = free_address(), free_address()
        dealer = self.dealer(at=self.d, closed=closed)
        dealer.await_at(self.d)
        server = self.server(self.d, at=self.s, closed=closed)
        server.await_at(self.s)
        self.count("closed streams", len(closed))
        bystanders = [connect(address, STREAM) for address in (self.s, self.d)]
        for address in (self.s, self.d):
            # Both say something about it.
            connect(address, b"GET / HTTP/1.1\r\n\r\n").close()
            self.count("hostile greetings")
        self.benign(self.s, self.d, what)
        for bystander in bystanders:
            data, _ = read_all(bystander, 0.2)
            found, rest = frames(data)
            self.expect(found and rest == 0 and {tag for tag, _ in found} <= {CONTROL, ABORT, HEARTBEAT},
                        f"{what}: a bystander gets {data[-200:]}")
            bystander.close()
        self.both_live(dealer, server, what)

    def sessions(self):
        """--sessions counts sessions that were served, and too many clients are told so."""
        self.start()
        self.benign(self.s, self.d, "sessions")
        self.clean()
        dealer = self.dealer("--sessions", "1")
        self.d = dealer.address()
        server = self.server(self.d, "--sessions", "1")
        self.s = server.address()
        for address in (self.s, self.d):
            connect(address).close()
            connect(address, b"GET / HTTP/1.1\r\n\r\n").close()
        self.count("hostile greetings", 4)
        self.benign(self.s, self.d, "after scans of --sessions 1")
        for role in (server, dealer):
            self.expect(role.wait(self.timeout + 10) == 0, f"the {role.name} of --sessions 1 did not end with 0")
        dealer, server = self.start("--max-sessions", "1")
        first = self.client(self.s, self.d, 15)
        time.sleep(0.7)
        second = self.client(self.s, self.d)
        status = second.wait(self.timeout + 20)
        if first.alive:
            self.expect(status == 69 and "busy" in second.said, f"a busy server: {status} {second.said}")
        self.expect(first.wait(60) == 0, f"beside a refused client: {first.said}")
        self.count("refused clients")
        self.benign(self.s, self.d, "after a busy time")

    def stops(self):
        """SIGTERM and SIGINT let sessions end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            dealer, server = self.start()
            self.benign(self.s, self.d, "stops")
            self.timeout, kept = 20, self.timeout
            client = self.client(self.s, self.d, 12)
            self.timeout = kept
            time.sleep(0.7)
            server.send(number)
            dealer.send(number)
            self.expect(client.wait(60) in (0, 69), f"a client of a server that ends: {client.said}")
            for role in (server, dealer):
                status = role.wait(self.timeout + 10)
                self.expect(status == 0, f"signal {number} ended the {role.name} with {status}: {role.said}")
                self.count("signals")
        dealer, server = self.start()
        waiting = connect(self.s, STREAM)
        time.sleep(0.3)
        server.send(signal.SIGTERM)
        time.sleep(0.2)
        server.send(signal.SIGTERM)
        self.expect(server.wait(5) == -signal.SIGTERM or server.process.returncode == 143, "a second signal is obeyed")
        self.count("signals", 2)
        waiting.close()
        self.start()
        self.benign(self.s, self.d, "after stops")

    def signals(self):
        """SIGKILL and SIGSTOP of each role at any moment."""
        for number in (signal.SIGKILL, signal.SIGSTOP):
            for role in ("serve", "deal", "complete"):
                for _ in range(self.options.rounds):
                    self.signal(number, role)
        self.start()
        self.benign(self.s, self.d, "after signals")

    def signal(self, number, name):
        dealer, server = self.start()
        self.benign(self.s, self.d, "signals")
        client = self.client(self.s, self.d, 100)
        time.sleep(self.random.uniform(0.15, 1.2))
        role = {"serve": server, "deal": dealer, "complete": client}[name]
        what = f"signal {number} of {name}"
        start = time.monotonic()
        role.send(number)
        self.count("signals")
        if name != "complete":
            status = client.wait(4 * self.timeout + 5)
            seconds = time.monotonic() - start
            words = {"serve": "server", "deal": "dealer"}
            self.expect(status == 69, f"{what}: the client ended with {status}: {client.said}")
            self.expect(
                words[name] in client.said.split(" at 127")[0] or f"to {words[name]}" in client.said
                or f"({words[name]}" in client.said, f"{what}: the client says {client.said}")
            self.expect(len(client.said.splitlines()) == 1, f"{what}: the client says {client.said}")
            self.expect(seconds < 2 * self.timeout + 2, f"{what}: the client took {seconds:.1f} s")
        else:
            end = time.monotonic() + 3 * self.timeout + 5
            while time.monotonic() < end and "ended by" not in server.said:
                time.sleep(0.05)
            self.expect("client" in server.said.split("error: ")[-1], f"{what}: the server says {server.said}")
        if role is not server and server.alive and role is not dealer:
            self.both_live(dealer, server, what)
            self.benign(self.s, self.d, f"after {what}")
        role.send(signal.SIGCONT)
        role.kill()

    def frames(self):
        """A proxy between two roles that mistreats one frame."""
        kinds = ["cut", "flip", "repeat", "drop", "stall", "reset", "half"]
        for _ in range(self.options.rounds):
            for link in ("client-server", "client-dealer", "server-dealer"):
                dealer, server = self.start()
                self.benign(self.s, self.d, f"before faults on {link}")
                for kind in kinds:
                    for direction in (0, 1):
                        self.mistreat(link, kind, direction)
                    self.both_live(dealer, server, f"{kind} on {link}")
                self.benign(self.s, self.d, f"after faults on {link}")

    def mistreat(self, link, kind, direction):
        few = link == "client-dealer" or (link == "server-dealer" and direction == 0)
        chosen = self.random.randint(-1, 3 if few else 120)
        fired, beat = [], []

        def fault(way, index, data):
            if way != direction or index != chosen or fired:
                return data
            fired.append(index)
            if index >= 0 and int.from_bytes(data[8:12], "little") == HEARTBEAT:
                beat.append(True)
            if kind == "flip":
                at = self.random.randrange(len(data))
                return data[:at] + bytes([data[at] ^ 1 << self.random.randrange(8)]) + data[at + 1:]
            return {"repeat": data + data, "drop": b""}.get(kind, kind)

        between, server = None, None
        if link == "server-dealer":
            between = Proxy(self.d, fault)
            server = self.server(between.address)
            client = self.client(server.address(), self.d, 2)
        elif link == "client-server":
            between = Proxy(self.s, fault)
            client = self.client(between.address, self.d, 2)
        else:
            between = Proxy(self.d, fault)
            client = self.client(self.s, between.address, 2)
        status = client.wait(6 * self.timeout + 20)
        seconds = time.monotonic() - client.start
        what = f"{kind} of frame {chosen} on {link}, direction {direction}"
        self.count("damaged frames", len(fired))
        if status == 0:
            # The last frames, and heartbeats, are nobody's loss.
            self.expect(self.tokens(client) == self.expected[:2], f"{what}: wrong text with exit status 0")
        else:
            allowed = {"flip": [76], "repeat": [76], "drop": [69, 76]}.get(kind, [69])
            if chosen < 0:
                allowed = [69, 76]
            self.expect(status in allowed, f"{what}: exit status {status}: {client.said}")
            # Where a message is lost, all three wait, and nobody can know for whom: TCP loses none.
            named = ["server", "client", "dealer"] if kind == "drop" else link.split("-") + ["peer"]
            self.expect(any(role in client.said for role in named), f"{what}: {client.said}")
            self.expect(len(client.said.splitlines()) == 1, f"{what}: {client.said}")
            self.expect(seconds < 4 * self.timeout + 10, f"{what}: took {seconds:.1f} s")
        client.kill()
        between.close()
        if server:
            self.expect(server.alive, f"{what}: the server ended with {server.process.returncode}")
            server.kill()


GROUPS = ["numbers", "noise", "silence", "orphans", "streams", "sessions", "stops", "signals", "frames"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sotto", default=os.path.join(REPOSITORY, ".build", "release", "sotto"))
    parser.add_argument("--rounds", type=int, default=1, help="repetitions with other random choices")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=2, help="of the roles, in seconds")
    parser.add_argument("--groups", default=",".join(GROUPS), help="comma-separated: " + ",".join(GROUPS))
    options = parser.parse_args()
    if not os.access(options.sotto, os.X_OK):
        parser.error(f"there is no program at {options.sotto}; run swift build -c release or pass --sotto")
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    unknown = set(options.groups.split(",")) - set(GROUPS)
    if unknown:
        parser.error(f"there is no group {', '.join(sorted(unknown))}")
    faults = Faults(options)
    try:
        faults.reference()
        for group in options.groups.split(","):
            faults.run(group)
    finally:
        faults.clean()
    for what, number in sorted(faults.counts.items()):
        print(f"{what}: {number}")
    print(f"failures: {len(faults.failures)}")
    sys.exit(1 if faults.failures else 0)


if __name__ == "__main__":
    main()
