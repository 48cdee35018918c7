"""Relink's own cloud, in release, with an owner who is logged in."""

import base64
import contextlib
import hashlib
import html
import json
import pathlib
import re
import subprocess
import urllib.parse

import requests

from processes import running

PROGRAM = pathlib.Path(__file__).resolve().parents[1] / ".build" / "release" / "relink"
OWNER = {"email": "owner@example.org", "password": "for-measuring-1"}


class Cloud:
    path = "/oauth/token"
    form = "grant_type=refresh_token&client_id=relink-app"

    def __init__(self, folder, tls):
        self.folder, self.tls = folder / ("cloud-tls" if tls else "cloud-plain"), tls
        self.name = "Relink over TLS" if tls else "Relink"
        self.folder.mkdir()

    @contextlib.contextmanager
    def run(self):
        command = [
            PROGRAM, "cloud", "--port", "0", "--admin-port", "0", "--data", self.folder / "data",
            "--development-ca", self.folder / "ca", "--log-level", "warning", "--exit-with-parent",
            *([] if self.tls else ["--plain-http"]),
        ]
        log = self.folder / "log"
        with contextlib.ExitStack() as stack:
            errors = stack.enter_context(open(log, "ab"))
            self.process = stack.enter_context(running(
                command, stop_seconds=20, stdout=subprocess.PIPE, stderr=errors, text=True))
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"relink cloud ended: {log.read_text()}")
            listening = json.loads(line)
            self.origin, self.port = listening["issuer"], listening["port"]
            self.admin_origin = f"http://127.0.0.1:{listening['admin_port']}"
            self.admin_token = pathlib.Path(listening["admin_token_file"]).read_text().strip()
            self.session = stack.enter_context(requests.Session())
            # Else variables of the environment say what to trust.
            self.session.trust_env = False
            self.session.verify = listening["ca"] or True
            self.admin = stack.enter_context(requests.Session())
            yield self

    def register(self):
        answer = self.session.post(self.origin + "/v1/accounts", json=OWNER, timeout=30)
        assert answer.status_code == 201, answer.text

    def tokens(self, count):
        return [self.log_in()["refresh_token"] for _ in range(count)]

    def log_in(self):
        """The token response of a login (RFC 6749 §4.1, RFC 7636)."""
        verifier = "v" * 43
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {
            "response_type": "code", "client_id": "relink-app",
            "redirect_uri": "http://127.0.0.1/callback", "state": "bench",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        page = self.session.get(self.origin + "/oauth/authorize", params=query, timeout=30).text
        hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page)
        form = {html.unescape(name): html.unescape(value) for name, value in hidden}
        answer = self.session.post(
            self.origin + "/oauth/authorize", data={**form, **OWNER, "decision": "allow"},
            allow_redirects=False, timeout=30)
        assert answer.status_code == 303, answer.text
        location = urllib.parse.urlparse(answer.headers["location"])
        answer = self.session.post(self.origin + self.path, timeout=30, data={
            "grant_type": "authorization_code", "client_id": query["client_id"],
            "code": urllib.parse.parse_qs(location.query)["code"][0],
            "redirect_uri": query["redirect_uri"], "code_verifier": verifier,
        })
        assert answer.status_code == 200, answer.text
        return answer.json()

    @contextlib.contextmanager
    def populated(self, count):
        """Runs with that many live sessions."""
        if not (self.folder / "data").exists():
            with self.run():
                self.register()
        self.grow(count)
        with self.run():
            yield self

    def grow(self, count):
        made = subprocess.run(
            [PROGRAM, "bench-population", str(count), self.folder / "data"], text=True,
            capture_output=True)
        if made.returncode:
            raise RuntimeError(f"filling the cloud's database: {made.stderr.strip()}")

    def prepare_logout(self):
        """Opens the connection."""
        answer = self.admin.get(
            self.admin_origin + "/admin/v1/audit", params={"limit": 1}, timeout=30,
            headers={"Authorization": f"Bearer {self.admin_token}"})
        assert answer.status_code == 200, answer.text

    def log_everyone_out(self):
        answer = self.admin.post(
            self.admin_origin + "/admin/v1/logout", timeout=60,
            headers={"Authorization": f"Bearer {self.admin_token}"},
            json={"scope": "everyone", "reason": "a benchmark"})
        assert answer.status_code == 200, answer.text
