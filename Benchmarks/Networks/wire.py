#!/usr/bin/env python3
"""Joins two network interfaces of this namespace into one wire with a delay: every Ethernet frame that comes in at one
leaves at the other the delay later, in order. For kernels without netem; needs root and Linux.

    wire.py INTERFACE INTERFACE SECONDS

Frames keep their offloads (one frame may stand for many packets of a TCP stream), so that a processor core suffices for
gigabits; no TCP connection ends here, and what congestion control sees is the delay.
"""

import ctypes
import heapq
import select
import socket
import sys
import time

SOL_PACKET = 263
PACKET_VNET_HDR = 15
PACKET_IGNORE_OUTGOING = 23
PR_SET_TIMERSLACK = 29
ALL_PROTOCOLS = 3
LARGEST = 1 << 17


def end(interface):
    """A raw socket on an interface; frames carry the header that says what is offloaded."""
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    raw.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    raw.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    for option in (33, 32):  # SO_RCVBUFFORCE, SO_SNDBUFFORCE
        raw.setsockopt(socket.SOL_SOCKET, option, 256 << 20)
    raw.bind((interface, 0))
    raw.setblocking(False)
    return raw


def main():
    delay = float(sys.argv[3])
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
    ends = [end(sys.argv[1]), end(sys.argv[2])]
    peer = {ends[0]: ends[1], ends[1]: ends[0]}
    waiting, count = [], 0
    print("ready", flush=True)
    while True:
        timeout = None if not waiting else max(0.0, waiting[0][0] - time.monotonic())
        readable, _, _ = select.select(ends, [], [], timeout)
        for source in readable:
            for _ in range(64):
                try:
                    frame = source.recv(LARGEST)
                except BlockingIOError:
                    break
                count += 1
                heapq.heappush(waiting, (time.monotonic() + delay, count, peer[source], frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, target, frame = heapq.heappop(waiting)
            try:
                target.send(frame)
            except BlockingIOError:
                select.select([], [target], [])
                target.send(frame)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
