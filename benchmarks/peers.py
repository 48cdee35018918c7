#!/usr/bin/env python3
"""Relink's cloud beside its peers, on this machine and under the same load: `make bench-peers`.

Every server is brought up on loopback with a database of its own in a temporary folder, and measured
in turn several times. The medians and their ratios are printed as a table and as JSON; on a busy
machine only the ratios mean something. docs/benchmarks.md says what is measured how.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

import logout
from authlib_peer import Authlib
from cloud import PROGRAM, Cloud
from glewlwyd import Glewlwyd
from load import CONNECTIONS, Repetition, Rotations, get, in_turn, post
from nginx import Nginx
from results import Results, number


def measure_rotations(folder, options, results):
    """Durable refreshes over plain HTTP."""
    with contextlib.ExitStack() as stack:
        cloud = stack.enter_context(Cloud(folder, tls=False).run())
        cloud.register()
        servers = [cloud] + [
            stack.enter_context(kind(folder).run()) for kind in (Glewlwyd, Authlib)]
        own, *theirs = in_turn(
            options.rounds, options.seconds,
            [Rotations(server, server.tokens(CONNECTIONS)) for server in servers])
        name = f"durable refreshes, {CONNECTIONS} connections: "
        for server, peer in zip(servers[1:], theirs):
            results.add(name + server.name, peer["per_second"], "per s", times(peer), **peer)
        best = max(theirs, key=lambda peer: peer["per_second"])
        add_beside(results, name + "Relink", own, best, 50)
        p99 = min(peer["p99"] for peer in theirs)
        results.add(
            name + "Relink, p99", own["p99"], "ms", f"{number(p99)} ms, the lower one of theirs",
            ratio=own["p99"] / p99, aim=1)


def measure_tls(folder, options, results):
    """Beside nginx, which does none of the work."""
    with contextlib.ExitStack() as stack:
        cloud = stack.enter_context(Cloud(folder, tls=True).run())
        cloud.register()
        login = cloud.log_in()
        authorization = f"Authorization: Bearer {login['access_token']}"
        session = cloud.session.get(
            cloud.origin + "/v1/session", headers=dict([authorization.split(": ")]), timeout=10)
        assert session.status_code == 200, session.text
        answer = json.dumps(login, separators=(",", ":"))
        nginx = stack.enter_context(Nginx(folder).run(answer, session.text))

        form = f"{cloud.form}&refresh_token={login['refresh_token']}"
        canned, rotated = in_turn(options.rounds, options.seconds, [
            Repetition(nginx, post(nginx, "/token", form)),
            Rotations(cloud, cloud.tokens(CONNECTIONS)),
        ])
        results.add(
            f"canned POST over TLS, {len(answer)} B: nginx", canned["per_second"], "per s",
            times(canned), **canned)
        add_beside(results, "durable refreshes over TLS: Relink", rotated, canned, 0.3)

        files, checked = in_turn(options.rounds, options.seconds, [
            Repetition(nginx, get(nginx, "/session", authorization)),
            Repetition(cloud, get(cloud, "/v1/session", authorization)),
        ])
        results.add(
            f"GET over TLS of a file of {len(session.content)} B: nginx", files["per_second"],
            "per s", times(files), **files)
        add_beside(results, "token-checked GET over TLS: Relink", checked, files, 0.5)


def measure_logout(folder, options, results):
    servers = [Cloud(folder, tls=False), Glewlwyd(folder), Authlib(folder)]
    count = options.tokens
    own, *theirs = logout.measure(
        min(options.rounds, options.logouts), 2, count, servers)
    if own["attempts"] > 1:
        raise RuntimeError("Relink took a token after everyone was logged out")
    name = f"everyone logged out, {count:,} live refresh tokens: "
    for server, peer in zip(servers[1:], theirs):
        results.add(name + server.name, peer["seconds"] * 1_000, "ms", stall(peer), **peer)
    best = min(peer["seconds"] for peer in theirs)
    results.add(
        name + "Relink", own["seconds"] * 1_000, "ms",
        f"{best / own['seconds']:,.0f} × faster than the faster one; {stall(own)}",
        ratio=best / own["seconds"], aim_at_least=1_000, **own)


def stall(report):
    attempts = (
        f"in {report['attempts']:.0f} attempts, for clients whose refresh was under way got away; "
        if report["attempts"] > 1 else "")
    errors = f" and {report['errors']:.0f} errors" if report["errors"] else ""
    return (
        f"{attempts}other clients waited up to {number(report['worst'])} ms{errors},"
        f" {number(report['quiet'])} ms without a logout")


def times(report):
    return (
        f"p50 {report['p50']:.1f} ms, p99 {report['p99']:.1f} ms, {report['cpu']:.0f} µs of CPU each")


def add_beside(results, name, own, beside, aim):
    ratio = own["per_second"] / beside["per_second"]
    results.add(
        name, own["per_second"], "per s", f"{ratio:.2f} ×; {times(own)}", ratio=ratio,
        aim_at_least=aim, **own)


PARTS = {"rotations": measure_rotations, "tls": measure_tls, "logout": measure_logout}


# What a server, a program or a database may do that is no mistake of this program.
FAILURES = (
    RuntimeError, AssertionError, OSError, sqlite3.Error, subprocess.CalledProcessError)


def in_words(error):
    """Why, in one line."""
    text = str(error)
    if isinstance(error, subprocess.CalledProcessError):
        text = f"{error.cmd[0]} ended with {error.returncode}"
        if error.stderr:
            said = error.stderr
            text += ": " + (said if isinstance(said, str) else said.decode(errors="replace"))
    return " ".join(text.split()) or type(error).__name__


def stop_in_order():
    """Has the first Ctrl-C, SIGTERM or SIGHUP end the measurement, and no further one disturb the
    tidying up."""
    def interrupt(number, frame):
        for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(kind, signal.SIG_IGN)
        sys.exit(128 + number)

    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(kind, interrupt)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (default: 3)")
    parser.add_argument(
        "--seconds", type=float, default=4, help="of each measurement (default: 4)")
    parser.add_argument(
        "--tokens", type=int, default=2_400_000,
        help="live refresh tokens when everyone is logged out (default: 2400000)")
    parser.add_argument(
        "--logouts", type=int, default=2,
        help="at most so many logouts of everyone: they take long (default: 2)")
    parser.add_argument("--folder", default=".", help="on whose disk to measure (default: here)")
    parser.add_argument(
        "--only", choices=PARTS, action="append", help="this part; may be repeated (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0 or options.tokens < 1 or options.logouts < 1:
        parser.error("--rounds, --seconds, --tokens and --logouts must be positive")
    if not PROGRAM.exists():
        parser.error(f"{PROGRAM} is not built: make release")
    # What talks to loopback needs no proxy.
    for variable in list(os.environ):
        if variable.lower().endswith("_proxy"):
            del os.environ[variable]
    stop_in_order()
    results = Results()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="relink-peers-", dir=options.folder)).resolve()
    try:
        for name, part in PARTS.items():
            if options.only and name not in options.only:
                continue
            part_folder = folder / name
            part_folder.mkdir()
            try:
                part(part_folder, options, results)
            except FAILURES as error:
                raise RuntimeError(f"measuring {name}: {in_words(error)}") from error
            # The next part's disk should not be busy with this one's, nor full of it.
            shutil.rmtree(part_folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        # Also what was measured before something failed.
        results.show(as_json_only=options.json)


if __name__ == "__main__":
    try:
        main()
    except FAILURES as error:
        sys.exit(f"peers: {in_words(error)}")
