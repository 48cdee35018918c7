"""A cloud of its own for each test module, on free ports, in a temporary folder."""

import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest
import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / ".build" / "debug"
sys.path.insert(0, str(ROOT / "examples"))
# The clients talk to loopback and trust the development CA only, whatever this machine is set to.
for variable in list(os.environ):
    if variable.lower().endswith(("_proxy", "ca_bundle")) or variable.startswith("SSL_CERT_"):
        del os.environ[variable]


class Cloud:
    def __init__(self, folder, *options):
        self.folder = folder
        self.authority_folder = folder / "development-ca"
        self.process = subprocess.Popen(
            [
                BIN / "relink", "cloud", "--port", "0", "--admin-port", "0",
                "--data", folder / "cloud", "--development-ca", self.authority_folder,
                "--relink-interval-seconds", "1", "--exit-with-parent", *options,
            ],
            stdout=subprocess.PIPE,
            stderr=open(folder / "cloud.log", "wb"),
            text=True,
        )
        line = self.process.stdout.readline()
        assert line, (folder / "cloud.log").read_text()
        self.address = json.loads(line)
        self.origin = self.address["issuer"]
        self.authority = self.address["ca"]
        self.admin = requests.Session()
        token = pathlib.Path(self.address["admin_token_file"]).read_text().strip()
        self.admin.headers["Authorization"] = f"Bearer {token}"

    def operator(self, method, path, **arguments):
        url = f"http://127.0.0.1:{self.address['admin_port']}/admin/v1{path}"
        answer = self.admin.request(method, url, timeout=10, **arguments)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def run(self, *arguments, **options):
        """Runs `relink` and returns its standard output."""
        return subprocess.run(
            [BIN / "relink", *arguments], check=True, capture_output=True, text=True, timeout=30,
            **options,
        ).stdout

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)


@pytest.fixture
def cloud(tmp_path):
    cloud = Cloud(tmp_path)
    try:
        yield cloud
        # A test may have killed it.
        assert cloud.process.poll() is not None or cloud.stop() == 0
    finally:
        if cloud.process.poll() is None:
            cloud.process.kill()
            cloud.process.wait()


@pytest.fixture
def owner(cloud):
    credentials = {"email": "ada@example.org", "password": "analytical-engine-1843"}
    answer = requests.post(
        cloud.origin + "/v1/accounts", json=credentials, verify=cloud.authority, timeout=10
    )
    assert answer.status_code == 201
    os.environ["RELINK_PASSWORD"] = credentials["password"]
    yield credentials
    del os.environ["RELINK_PASSWORD"]
