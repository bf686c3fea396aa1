"""B0: single facts from 8 phones at once to a real server over sockets.

The server's own processor time for a fact, user and system, read from /proc: what its clients cost is not in it.
Beside it facts a second, and the 99th part of a hundred of the answers' times over their median. Every client is a process
with its requests ready as bytes; it sends one, waits for the answer, and sends the next. `python -m tests.bench.single_facts
[seconds]` runs it alone.
"""

from __future__ import annotations

import multiprocessing
import socket
import statistics
import sys
import time
from typing import NamedTuple

import msgspec

from shared import wire
from tests.bench.real_server import real_server
from tests.support.devices import RawPhone, fact_bytes

PROCESSOR_MS = 1.0
"""The aim: of the server's processor, for one fact."""
CLIENTS, SECONDS = 8, 4.0
MOST_A_SECOND = 400
"""Requests made ready for one client and second."""


class Found(NamedTuple):
    """What single facts cost."""

    processor_ms: float
    facts_a_second: float
    median_ms: float
    p99_over_median: float


def measure(seconds: float = SECONDS) -> Found:
    """Push single facts for some seconds."""
    with real_server() as server:
        ready = [
            _requests(phone, cases, int(seconds * MOST_A_SECOND))
            for phone, cases in server.enrolled(CLIENTS, CLIENTS * 20)
        ]
        server.start()
        context = multiprocessing.get_context("fork")
        gate, answers = context.Barrier(CLIENTS + 1), context.SimpleQueue()
        clients = [
            context.Process(target=_send, args=(server.port, each, seconds, gate, answers))
            for each in ready
        ]
        for client in clients:
            client.start()
        gate.wait()
        before, began = server.processor_s(), time.perf_counter()
        times = [one for _ in clients for one in answers.get()]
        used, took = server.processor_s() - before, time.perf_counter() - began
        for client in clients:
            client.join()
    times.sort()
    median = statistics.median(times)
    p99 = times[int(len(times) * 0.99)]
    return Found(used / len(times) * 1000, len(times) / took, median * 1000, p99 / median)


def _requests(phone: RawPhone, cases: list[str], count: int) -> list[bytes]:
    """Whole requests, head and body, a fact each, in the order of the phone's chain."""
    made = []
    for number in range(count):
        fact = phone.chained(fact_bytes(cases[number % len(cases)]))
        body = msgspec.json.encode(wire.PushRequest(facts=[fact]))
        head = (
            "POST /v1/facts HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n"
            "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nUser-Agent: bench\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {phone.token}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def _send(port: int, requests: list[bytes], seconds: float, gate, answers) -> None:
    """What a client does: one request after the other until the time is over; the seconds each took."""
    times = []
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        gate.wait()
        until = time.perf_counter() + seconds
        for request in requests:
            began = time.perf_counter()
            sock.sendall(request)
            answer = _answer(sock)
            times.append(time.perf_counter() - began)
            if b'"outcome":"created"' not in answer:
                raise ValueError(answer)
            if time.perf_counter() > until:
                break
    answers.put(times)


def _answer(sock: socket.socket) -> bytes:
    """A whole answer, by its length."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += _some(sock)
    return body


def _some(sock: socket.socket) -> bytes:
    chunk = sock.recv(65536)
    if not chunk:
        raise ValueError("the server closed the connection")
    return chunk


def main() -> None:
    """Print what was found."""
    found = measure(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
    sys.stdout.write(
        f"{found.processor_ms:.2f} ms of the server's processor a fact, {found.facts_a_second:.0f} facts/s, "
        f"median {found.median_ms:.1f} ms, p99 / median {found.p99_over_median:.1f}\n"
    )


if __name__ == "__main__":
    main()
