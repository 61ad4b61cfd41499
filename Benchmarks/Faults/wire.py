"""Sotto's bytes on a connection, the roles as processes, and a proxy that mistreats frames between them."""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

MAGIC = b"\xf5SOTTO\r\n"
STREAM_VERSION = 2
HEADER = 24
PROTOCOL_VERSION = 9
CONTROL, ABORT, HEARTBEAT = 0xFFFFFF01, 0xFFFFFF02, 0xFFFFFF03
PLAIN = "--insecure-plaintext"
DEALER_SEED = 0xE0000001
# What a server requires of a client's greeting.
AGREED = {"protocol": "ot", "preprocessing": "dealer", "domain": "ring64", "exact openings": "no"}
PROMPT = "def f(x"


def _table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = _table()


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


STREAM = MAGIC + struct.pack("<I", STREAM_VERSION)


def header(length, tag, depth=0, checksum=0):
    start = struct.pack("<QIII", length, tag, depth, checksum)
    return start + struct.pack("<I", crc32c(start))


def frame(tag, payload=b"", depth=0):
    return header(len(payload), tag, depth, crc32c(payload)) + payload


def control(value):
    return frame(CONTROL, value if isinstance(value, bytes) else json.dumps(value).encode())


def hello(role, fields, version=PROTOCOL_VERSION):
    return control({"version": version, "role": role, "fields": fields})


def place(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


def connect(address, data=b""):
    connection = socket.create_connection(place(address), timeout=10)
    if data:
        try:
            connection.sendall(data)
        except OSError:
            pass
    return connection


def read_all(connection, seconds, isEnough=lambda data: False):
    """What comes until the peer ends the connection, the time is over, or it is enough."""
    connection.settimeout(0.2)
    data, end = b"", time.monotonic() + seconds
    while time.monotonic() < end and not isEnough(data):
        try:
            piece = connection.recv(1 << 16)
        except socket.timeout:
            continue
        except OSError:
            return data, True
        if not piece:
            return data, True
        data += piece
    return data, False


def frames(data):
    """Tag and payload of the intact frames that begin a connection's bytes, and how many bytes are none."""
    if not data.startswith(STREAM):
        return [], len(data)
    data, found = data[len(STREAM):], []
    while len(data) >= HEADER:
        length, tag, _, checksum, own = struct.unpack("<QIIII", data[:HEADER])
        payload = data[HEADER:HEADER + length]
        if crc32c(data[:HEADER - 4]) != own or len(payload) < length or crc32c(payload) != checksum:
            break
        found.append((tag, payload))
        data = data[HEADER + length:]
    return found, len(data)


def reason(data):
    """The sentence of the last frame, if the peer gave up with one."""
    said = [payload[1:].decode("utf8", "replace") for tag, payload in frames(data)[0] if tag == ABORT]
    return said[-1] if said else None


def free_address():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return "127.0.0.1:%d" % listener.getsockname()[1]


class Role:
    """A process of Sotto."""

    def __init__(self, program, arguments, limits=None, stderr=None, closed=()):
        """`closed`: descriptors that are closed when the program starts."""
        self.name = arguments[0]

        def prepare():
            if limits:
                limits()
            for descriptor in closed:
                os.close(descriptor)

        self.output, self.errors = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.start = time.monotonic()
        self.process = subprocess.Popen(
            [program] + arguments, stdin=subprocess.DEVNULL, stdout=self.output, stderr=stderr or self.errors,
            preexec_fn=prepare)

    @staticmethod
    def _text(file):
        size = os.fstat(file.fileno()).st_size
        return os.pread(file.fileno(), size, 0).decode("utf8", "replace")

    @property
    def out(self):
        return self._text(self.output)

    @property
    def said(self):
        return self._text(self.errors).strip()

    def address(self):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            match = re.search(r"listening on (\S+)\n", self.out)
            if match:
                return match.group(1)
            if self.process.poll() is not None:
                raise RuntimeError(f"the {self.name} ended with {self.process.returncode}: {self.said}")
            time.sleep(0.01)
        raise RuntimeError(f"the {self.name} does not listen")

    def await_at(self, address):
        """Until a role listens that cannot say where."""
        end = time.monotonic() + 30
        while time.monotonic() < end and self.alive:
            try:
                return connect(address).close()
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f"the {self.name} does not listen at {address}")

    @property
    def alive(self):
        return self.process.poll() is None

    def wait(self, seconds):
        """The exit status, or None where the process still runs."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def send(self, number):
        if self.alive:
            os.kill(self.process.pid, number)

    def memory(self):
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) << 10

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def kill(self):
        if self.alive:
            self.send(signal.SIGKILL)
            self.process.wait()
        self.output.close()
        self.errors.close()


class Proxy:
    """Stands between two roles and hands every frame of either direction to `fault`.

    `fault(direction, index, frame)` returns the bytes to go on, or one of the words `cut`, `reset`, `half`, `stall`.
    Direction 0 is from who connects. The index of the stream header is -1.
    """

    def __init__(self, target, fault):
        self.target, self.fault = place(target), fault
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.sockets, self.stalled = [], threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(self.target, timeout=10)
            except OSError:
                return
            far.settimeout(None)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets += [near, far]
            for direction, source, sink in ((0, near, far), (1, far, near)):
                threading.Thread(target=self._pump, args=(direction, source, sink), daemon=True).start()

    @staticmethod
    def _read(source, count):
        data = bytearray()
        while len(data) < count:
            piece = source.recv(min(count - len(data), 1 << 20))
            if not piece:
                break
            data += piece
        return bytes(data)

    def _pump(self, direction, source, sink):
        index = -1
        try:
            while True:
                data = self._read(source, len(STREAM) if index < 0 else HEADER)
                if index >= 0 and len(data) == HEADER:
                    data += self._read(source, struct.unpack("<Q", data[:8])[0])
                if not data:
                    break
                action = self.fault(direction, index, data)
                index += 1
                if action == "stall":
                    self.stalled.wait()
                    return
                if action == "half":
                    sink.shutdown(socket.SHUT_WR)
                    return
                if action == "cut":
                    sink.sendall(data[:max(1, len(data) // 2)])
                if action in ("cut", "reset"):
                    if action == "reset":
                        for end in (source, sink):
                            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    raise OSError
                sink.sendall(action)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()

    def close(self):
        self.stalled.set()
        for end in [self.listener] + self.sockets:
            try:
                end.close()
            except OSError:
                pass
