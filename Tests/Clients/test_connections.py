"""Ten thousand open connections: the cloud answers others, and gives back what they took."""

import pathlib
import resource
import socket
import time

import pytest
import requests

COUNT = 10_000


@pytest.fixture(scope="module", autouse=True)
def descriptors():
    """The cloud and this process have a descriptor each for every connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = COUNT + 1_000
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"the limit of open files is {hard}, and {needed} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def open_files(cloud):
    return len(list(pathlib.Path(f"/proc/{cloud.process.pid}/fd").iterdir()))


def resident_bytes(cloud):
    pages = int(pathlib.Path(f"/proc/{cloud.process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


def hold_connections(cloud, port):
    """Opens them, half of a request on each; asks on another; closes them."""
    before = open_files(cloud)
    connections = []
    try:
        for number in range(COUNT):
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            connections.append(connection)
            # The beginning of a TLS handshake, of a request, or nothing.
            connection.sendall([b"", b"\x16\x03\x01\x02\x00\x01", b"GET / HT"][number % 3])
        until(lambda: open_files(cloud) > before + COUNT // 4)
        answer = requests.get(cloud.origin + "/health", verify=cloud.authority, timeout=30)
        assert answer.status_code == 200
        most = open_files(cloud) - before
    finally:
        for connection in connections:
            connection.close()
    until(lambda: open_files(cloud) < before + 50)
    return most


def test_ten_thousand_connections(cloud):
    port = cloud.address["port"]
    before = resident_bytes(cloud)
    # A third of them sent what is no TLS, and are cut.
    assert hold_connections(cloud, port) >= COUNT // 2
    first = resident_bytes(cloud)
    hold_connections(cloud, port)
    second = resident_bytes(cloud)
    # An allocator keeps what it has, and grows towards a bound; a leak grows by the same each time.
    assert second - first < (first - before) // 2
    assert requests.get(cloud.origin + "/health", verify=cloud.authority, timeout=10).ok
