"""How a device behaves when the cloud does not: a pytest module to copy and make yours.

It needs `relink`, pytest and requests, starts a cloud of its own for each test on free ports and keeps
nothing. `Device` is a small honest client; put yours in its place.

    pip install pytest requests
    RELINK=.build/debug/relink pytest examples/test_relink.py

docs/faults.md tells what else can be made to fail, docs/protocol.md what is on the wire.
"""

import base64
import hashlib
import json
import os
import pathlib
import secrets
import signal
import subprocess
import urllib.parse

import pytest
import requests

RELINK = os.environ.get("RELINK", "relink")
GRANT = "urn:relink:params:oauth:grant-type:"
HOUR = 3600


def session(ca=None):
    session = requests.Session()
    # Loopback needs no proxy, and the cloud's own CA is the only one that counts.
    session.trust_env = False
    session.verify = ca
    return session


class Cloud:
    """A cloud in a process, and its operator."""

    def __init__(self, folder):
        self.folder = folder
        self.process = subprocess.Popen(
            [RELINK, "cloud", "--ephemeral", "--port", "0", "--admin-port", "0",
             "--development-ca", folder / "ca", "--exit-with-parent"],
            stdout=subprocess.PIPE, stderr=open(folder / "cloud.log", "wb"), text=True,
        )
        # The first line says where it listens, once it does.
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError((folder / "cloud.log").read_text())
        address = json.loads(line)
        self.origin = address["issuer"]
        self.ca = address["ca"]
        self.admin_origin = f"http://127.0.0.1:{address['admin_port']}/admin/v1"
        token = pathlib.Path(address["admin_token_file"]).read_text().strip()
        self.admin = session()
        self.admin.headers["Authorization"] = f"Bearer {token}"

    def operator(self, method, path, **body):
        """Asks the admin API; returns the answer's JSON, or None."""
        answer = self.admin.request(
            method, self.admin_origin + path, json=body or None, timeout=10
        )
        assert answer.ok, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def advance(self, seconds):
        self.operator("POST", "/clock/advance", seconds=seconds)

    def fault(self, **fault):
        """Orders a fault; returns its id."""
        return self.operator("POST", "/faults", **fault)["id"]

    def fired(self, fault):
        return self.operator("GET", f"/faults/{fault}")["fired"]

    def known(self, device):
        """What the cloud knows of a device."""
        devices = self.operator("GET", "/status")["devices"]
        return next(known for known in devices if known["id"] == device.identity)

    def refreshes(self, device):
        """How often its refresh token has rotated."""
        return self.known(device)["generation"] - 1

    def issue_certificate(self, name):
        prefix = str(self.folder / name)
        subprocess.run(
            [RELINK, "certificate", "device", "--out", prefix, "--development-ca",
             self.folder / "ca"], check=True, capture_output=True,
        )
        return prefix + ".pem", prefix + ".key"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)


class Owner:
    """An owner with the app, which logs in with a code and PKCE."""

    REDIRECT = "http://127.0.0.1:7777/callback"

    def __init__(self, cloud, email="ada@example.org", password="analytical-engine-1843"):
        self.cloud, self.email, self.password = cloud, email, password
        self.http = session(cloud.ca)
        answer = self.http.post(
            cloud.origin + "/v1/accounts", json={"email": email, "password": password}, timeout=10
        )
        assert answer.status_code == 201, answer.text

    def log_in(self):
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        answer = self.http.post(
            self.cloud.origin + "/oauth/authorize", allow_redirects=False, timeout=10,
            data={
                "response_type": "code", "client_id": "relink-app", "redirect_uri": self.REDIRECT,
                "state": "s", "code_challenge": challenge, "code_challenge_method": "S256",
                "email": self.email, "password": self.password, "decision": "allow",
            },
        )
        assert answer.status_code == 303, answer.text
        query = urllib.parse.urlsplit(answer.headers["Location"]).query
        answer = self.http.post(
            self.cloud.origin + "/oauth/token", timeout=10,
            data={
                "grant_type": "authorization_code", "client_id": "relink-app",
                "code": urllib.parse.parse_qs(query)["code"][0],
                "redirect_uri": self.REDIRECT, "code_verifier": verifier,
            },
        )
        assert answer.status_code == 200, answer.text
        self.http.headers["Authorization"] = "Bearer " + answer.json()["access_token"]

    def pairing_token(self, **options):
        answer = self.http.post(
            self.cloud.origin + "/v1/pairing-tokens", json={"nickname": "porch", **options},
            timeout=10,
        )
        assert answer.status_code == 201, answer.text
        return answer.json()["pairing_token"]


class Lost(Exception):
    """There was no answer, or none that can be used: ask again later, with the same token."""


class Refused(Exception):
    """The cloud has answered, and said no."""


class Device:
    """A camera that keeps its refresh token until it holds the next one."""

    def __init__(self, cloud, certificate):
        self.cloud = cloud
        self.http = session(cloud.ca)
        self.http.cert = certificate
        self.identity = self.access_token = self.refresh_token = None
        self.retry_after = None

    def ask(self, **form):
        try:
            answer = self.http.post(
                self.cloud.origin + "/oauth/token", data={"client_id": "relink-camera", **form},
                timeout=5,
            )
        except requests.RequestException as error:
            raise Lost from error
        self.retry_after = answer.headers.get("Retry-After")
        if answer.status_code in (429, 503):
            raise Lost(answer.status_code)
        try:
            tokens = answer.json()
            if answer.status_code != 200:
                raise Refused(tokens.get("reason", tokens["error"]))
            access, refresh = tokens["access_token"], tokens["refresh_token"]
            if not (isinstance(access, str) and isinstance(refresh, str)):
                raise Lost("tokens that are no text")
        except (ValueError, KeyError) as error:
            raise Lost from error
        self.identity = tokens["device_id"]
        # Your device writes the new one to flash before it uses it.
        self.access_token, self.refresh_token = access, refresh

    def pair(self, pairing_token):
        self.ask(grant_type=GRANT + "pairing", pairing_token=pairing_token, model="my-camera",
                 firmware_version="0.1.0")

    def refresh(self):
        self.ask(grant_type="refresh_token", refresh_token=self.refresh_token)

    def heartbeat(self):
        answer = self.http.post(
            self.cloud.origin + "/v1/device/heartbeat", timeout=5,
            headers={"Authorization": f"Bearer {self.access_token}"},
            json={"uptime_ms": 1, "ssid": b"Home".hex(), "signal_dbm": -50,
                  "firmware_version": "0.1.0"},
        )
        return "ok" if answer.status_code == 204 else answer.json()["reason"]


@pytest.fixture
def cloud(tmp_path):
    cloud = Cloud(tmp_path)
    try:
        yield cloud
        assert cloud.stop() == 0
    finally:
        cloud.process.kill()
        cloud.process.wait()


@pytest.fixture
def device(cloud):
    owner = Owner(cloud)
    owner.log_in()
    device = Device(cloud, cloud.issue_certificate("porch"))
    device.pair(owner.pairing_token(relink_policy="silent"))
    assert device.heartbeat() == "ok"
    return device


def test_an_hour_later_the_answer_is_lost_and_it_refreshes_exactly_once(cloud, device):
    cloud.advance(HOUR)
    assert device.heartbeat() == "expired"

    fault = cloud.fault(grant="refresh_token", device_id=device.identity, phase="after_commit")
    with pytest.raises(Lost):
        device.refresh()
    assert cloud.fired(fault) == 1
    assert device.heartbeat() == "expired"

    # The same token again gives the same successor: nobody is logged out, nothing rotates twice.
    device.refresh()
    assert device.heartbeat() == "ok"
    assert cloud.refreshes(device) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"phase": "before_commit"},
        {"phase": "after_commit", "action": "reset"},
        {"after_byte": 100},
        {"after_byte": 400, "action": "reset"},
        {"malformed": "truncated"},
        {"malformed": "wrong_type"},
        {"malformed": "empty"},
        {"status": 503, "headers": {"Retry-After": "7"}},
    ],
    ids=str,
)
def test_whatever_becomes_of_the_answer_it_is_not_logged_out(cloud, device, fault):
    fault = cloud.fault(grant="refresh_token", kind="camera", **fault)
    with pytest.raises(Lost):
        device.refresh()
    assert cloud.fired(fault) == 1
    device.refresh()
    assert device.heartbeat() == "ok"
    assert cloud.refreshes(device) == 1
    assert cloud.known(device)["session"] == "live"


def test_it_is_told_how_long_to_wait(cloud, device):
    cloud.fault(grant="refresh_token", status=429, headers={"Retry-After": "30"})
    with pytest.raises(Lost):
        device.refresh()
    assert device.retry_after == "30"


@pytest.mark.parametrize("wrong", ["expired", "other_host", "unknown_ca"])
def test_it_gives_its_token_to_no_other_cloud(cloud, device, wrong):
    device.http.close()
    fault = cloud.fault(certificate=wrong)
    with pytest.raises(Lost) as lost:
        device.refresh()
    assert isinstance(lost.value.__cause__, requests.exceptions.SSLError)
    assert cloud.fired(fault) == 1
    device.refresh()
    assert device.heartbeat() == "ok"


def test_after_a_forced_logout_it_must_link_again(cloud, device):
    cloud.operator("POST", "/logout", scope="everyone", reason="a rehearsal")
    assert device.heartbeat() == "logged_out"
    with pytest.raises(Refused, match="logged_out"):
        device.refresh()
    device.ask(grant_type=GRANT + "relink", firmware_version="0.1.0")
    assert device.heartbeat() == "ok"
