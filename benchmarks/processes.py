"""Servers that a benchmark starts, and stops whatever happens."""

import contextlib
import os
import signal
import socket
import subprocess
import time


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(command, port=None, stop_seconds=10, **options):
    """A server, from its first accepted connection (or its start, without a port) to the end of the
    block. It has a session of its own, so that Ctrl-C reaches this program alone, which stops it."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
    try:
        if port is not None:
            wait_for(process, command[0], port)
        yield process
    finally:
        stop(process, stop_seconds)


def wait_for(process, name, port):
    for _ in range(400):
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{name} does not listen on port {port}")


def stop(process, seconds):
    """The whole session: nginx and gunicorn have workers, which may outlive them."""
    for kind, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, kind)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=patience)
        if process.returncode is not None and not is_group_alive(process.pid):
            return


def is_group_alive(group):
    try:
        os.killpg(group, 0)
        return True
    except ProcessLookupError:
        return False


def cpu_seconds(process):
    """Of a process and those that it started, so far."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    for pid in [process.pid, *children(process.pid)]:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
    return total / ticks


def children(pid):
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += map(int, file.read().split())
    return found + [grandchild for child in found for grandchild in children(child)]
