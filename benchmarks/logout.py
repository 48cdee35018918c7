"""Everyone is logged out: how long until no old token works, and what other clients see meanwhile."""

import statistics
import time

from load import Background, Rotations, monotonic

CLIENTS = 16
# Before the logout, so that the clients are under way.
WARM_UP = 1.0
# Of the clients' load, if nobody logged them out.
PATIENCE = 90
ATTEMPTS = 5


def log_everyone_out(server):
    """Logs everyone out under the load of some clients.

    Returns the seconds that it took until no client's tokens worked, in how many attempts, and the
    longest that a client waited for an answer, in milliseconds: an error (5xx) is none, so a client
    that gets one asks again.
    """
    server.prepare_logout()
    clients = Background(Rotations(server, server.tokens(CLIENTS)), PATIENCE)
    clients.start()
    time.sleep(WARM_UP)
    seconds, attempts = 0, 0
    while attempts < ATTEMPTS:
        attempts += 1
        started = monotonic()
        server.log_everyone_out()
        done = monotonic()
        seconds += done - started
        # Whoever was refused has gone. A server that looks at the old token before the logout and
        # stores the new one after it has missed that client: its operator has to try again.
        clients.join(1)
        if not clients.is_alive():
            break
    report = clients.result()
    if report["lastAcceptedSentAt"] >= done:
        raise RuntimeError(f"{server.name} took a token after everyone was logged out")
    refused = sum(count for status, count in report["statuses"].items() if status.startswith("4"))
    if refused != CLIENTS:
        raise RuntimeError(
            f"{server.name} refused {refused} of {CLIENTS} clients: {report['statuses']}")
    errors = sum(count for status, count in report["statuses"].items() if status.startswith("5"))
    return {"seconds": seconds, "attempts": attempts, "worst": report["worst"], "errors": errors}


def quiet(server, seconds):
    """The longest that a client waits while nobody is logged out, in milliseconds."""
    return Rotations(server, server.tokens(CLIENTS)).run(seconds)["worst"]


def measure(rounds, seconds, count, servers):
    """The medians of each server's logouts of so many live refresh tokens, in turn."""
    results = [[] for _ in servers]
    for _ in range(rounds):
        for found, server in zip(results, servers):
            with server.populated(count):
                found.append({"quiet": quiet(server, seconds), **log_everyone_out(server)})
    return [
        {key: statistics.median(result[key] for result in found) for key in found[0]}
        for found in results
    ]
