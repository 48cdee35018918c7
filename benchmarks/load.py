"""The load, which is the same for every server: `relink bench-load`."""

import json
import statistics
import subprocess
import threading
import time

from cloud import PROGRAM
from processes import cpu_seconds

CONNECTIONS = 64


def load(server, seconds, **what):
    """One load; its report, with `per_second` and the server's CPU microseconds a request."""
    before = cpu_seconds(server.process)
    plan = {"port": server.port, "tls": server.tls, "seconds": seconds, **what}
    run = subprocess.run(
        [PROGRAM, "bench-load"], text=True, capture_output=True, input=json.dumps(plan))
    if run.returncode:
        raise RuntimeError(f"the load on {server.name}: {run.stderr.strip()}")
    report = json.loads(run.stdout)
    report["per_second"] = report["requests"] / report["seconds"]
    report["cpu"] = (cpu_seconds(server.process) - before) * 1e6 / report["requests"]
    return report


class Rotations:
    """Each connection refreshes with the token that its last refresh gave."""

    def __init__(self, server, tokens):
        self.server, self.tokens = server, tokens

    def run(self, seconds, **more):
        plan = {"path": self.server.path, "form": self.server.form, "tokens": self.tokens}
        report = load(self.server, seconds, rotation=plan, **more)
        self.tokens = report["tokens"]
        return report


class Repetition:
    """Each connection sends one and the same request again and again."""

    def __init__(self, server, request, connections=CONNECTIONS):
        self.server = server
        self.plan = {"request": request, "connections": connections}

    def run(self, seconds):
        return load(self.server, seconds, repetition=self.plan)


class Background(threading.Thread):
    """Rotations that go on until their clients are logged out."""

    def __init__(self, rotations, seconds):
        super().__init__(daemon=True)
        self.rotations, self.seconds = rotations, seconds
        self.report = self.error = None

    def run(self):
        try:
            self.report = self.rotations.run(self.seconds, toleratesRefusals=True)
        except RuntimeError as error:
            self.error = error

    def result(self):
        while self.is_alive():
            # Not without a limit, so that Ctrl-C is heard.
            self.join(0.2)
        if self.error:
            raise self.error
        return self.report


def in_turn(rounds, seconds, loads):
    """The median of each load's reports, after a warm-up that does not count. Each runs once a
    round, so that a slow minute falls on all."""
    for each in loads:
        each.run(1)
    reports = [[] for _ in loads]
    for _ in range(rounds):
        for found, each in zip(reports, loads):
            found.append(each.run(seconds))
    return [
        {
            key: statistics.median(report[key] for report in found)
            for key in ("per_second", "p50", "p99", "cpu")
        }
        for found in reports
    ]


def get(server, path, *headers):
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", *headers]
    return "\r\n".join(lines) + "\r\n\r\n"


def post(server, path, form):
    return "\r\n".join([
        f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}",
        "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}", "",
        form,
    ])


def monotonic():
    """The clock of the load's `lastAcceptedSentAt`."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)
