"""Authlib, unmodified, as whoever receives security events: pushed by HTTP, verified by the JWKS."""

import http.server
import json
import socket
import struct
import threading
import time

import pytest
import requests
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import JoseError
from conftest import Cloud

EVENT = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


class Receiver(http.server.ThreadingHTTPServer):
    """Takes each event once, by its `jti`."""

    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server_port}/events"
        self.requests = []
        self.taken = {}
        # For each request first: a status, or "cut" to take it and reset the connection.
        self.script = []
        self.cloud = None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def verify(self, token):
        """As an audience that knows the cloud's address alone."""
        keys = requests.get(
            self.cloud.origin + "/oauth/jwks", verify=self.cloud.authority, timeout=10
        ).json()
        claims = JsonWebToken(["ES256"]).decode(
            token, JsonWebKey.import_key_set(keys),
            claims_options={
                "iss": {"essential": True, "value": self.cloud.origin},
                "aud": {"essential": True, "value": "qa"},
                "jti": {"essential": True}, "iat": {"essential": True},
            },
        )
        claims.validate()
        assert claims.header["typ"] == "secevent+jwt"
        return claims


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.requests.append((dict(self.headers), body))
        action = self.server.script.pop(0) if self.server.script else 202
        if action in (202, "cut"):
            try:
                claims = self.server.verify(body)
            except (JoseError, ValueError, AssertionError):
                # RFC 8935 §2.3: it does not come again.
                action = 400
            else:
                self.server.taken.setdefault(claims["jti"], claims)
        if action == "cut":
            # Closed with a reset instead of an answer.
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            self.close_connection = True
            return
        self.send_response(action)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.shutdown()
    receiver.server_close()


def options(cloud):
    return [
        "--admin-port", str(cloud.address["admin_port"]),
        "--admin-token-file", cloud.address["admin_token_file"],
    ]


def subscribe(cloud, endpoint, *arguments):
    return json.loads(
        cloud.run(
            "receivers", "add", endpoint, "--audience", "qa", "--json", *arguments, *options(cloud)
        )
    )


def listed(cloud):
    return json.loads(cloud.run("receivers", "list", "--json", *options(cloud)))


def log_out(cloud):
    cloud.operator("POST", "/logout", json={"scope": "everyone", "reason": "an exercise"})


def test_an_event_is_verified_by_the_published_keys(cloud, receiver, tmp_path):
    receiver.cloud = cloud
    header = tmp_path / "header"
    header.write_text("Bearer of-the-receiver\n")
    state = subscribe(cloud, receiver.endpoint, "--authorization-file", header)
    assert state["authorized"] is True
    log_out(cloud)
    wait_until(lambda: receiver.taken)
    headers, _ = receiver.requests[0]
    assert headers["Content-Type"] == "application/secevent+jwt"
    assert headers["Accept"] == "application/json"
    assert headers["Authorization"] == "Bearer of-the-receiver"
    claims, = receiver.taken.values()
    assert claims["sub_id"] == {
        "format": "complex", "tenant": {"format": "opaque", "id": cloud.origin},
    }
    assert list(claims["events"]) == [EVENT]
    assert claims["events"][EVENT]["initiating_entity"] == "admin"
    assert claims["events"][EVENT]["reason_admin"] == {"en": "an exercise"}
    wait_until(lambda: listed(cloud)[0]["delivered"] == 1)
    text = cloud.run("receivers", "list", *options(cloud))
    assert "1 delivered" in text and "of-the-receiver" not in text
    assert "of-the-receiver" not in (tmp_path / "cloud.log").read_text()

    cloud.run("receivers", "remove", state["id"], *options(cloud))
    assert listed(cloud) == []
    log_out(cloud)
    time.sleep(1)
    assert len(receiver.requests) == 1


def test_what_fails_or_is_cut_off_comes_again_and_counts_once(cloud, receiver):
    receiver.cloud = cloud
    receiver.script = [500, 500, "cut"]
    subscribe(cloud, receiver.endpoint)
    log_out(cloud)
    wait_until(lambda: listed(cloud)[0]["delivered"] == 1)
    assert len(receiver.requests) == 4
    assert len(receiver.taken) == 1
    assert listed(cloud)[0]["retried"] == 3


def test_a_killed_cloud_delivers_after_its_restart(tmp_path):
    # A port at which nobody listens yet.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cloud = Cloud(tmp_path)
    try:
        subscribe(cloud, f"http://127.0.0.1:{port}/events")
        log_out(cloud)
    finally:
        cloud.process.kill()
        cloud.process.wait()
    receiver = Receiver(port)
    restarted = Cloud(tmp_path)
    try:
        receiver.cloud = restarted
        wait_until(lambda: receiver.taken)
        wait_until(lambda: listed(restarted)[0]["delivered"] == 1)
        assert listed(restarted)[0]["waiting"] == 0
        assert len(receiver.taken) == 1
        assert restarted.stop() == 0
    finally:
        if restarted.process.poll() is None:
            restarted.process.kill()
            restarted.process.wait()
        receiver.shutdown()
        receiver.server_close()
