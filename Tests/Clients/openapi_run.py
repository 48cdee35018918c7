"""Runs schemathesis, all its checks, against both OpenAPI documents of a cloud of its own.

    .venv/bin/python Tests/Clients/openapi_run.py [option of `schemathesis run`...]

What it leaves out, and why, is in openapi.toml.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import requests
from conftest import BIN, Cloud

FOLDER = pathlib.Path(__file__).resolve().parent
# Not the password of the document's examples: one of them would change it.
EMAIL, PASSWORD = "ada@example.org", "difference-engine-1822"


def main(options):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cloud = Cloud(folder)
        try:
            return run(cloud, folder, options)
        finally:
            cloud.stop()


def run(cloud, folder, options):
    answer = requests.post(
        cloud.origin + "/v1/accounts", json={"email": EMAIL, "password": PASSWORD},
        verify=cloud.authority, timeout=20,
    )
    assert answer.status_code == 201, answer.text
    secret = (folder / "cloud" / "resource-server-secret").read_text().strip()
    server = base64.b64encode(f"relink-resource-server:{secret}".encode()).decode()
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "openapi_hooks",
        "PYTHONPATH": str(FOLDER),
        "RELINK_API_TEST": json.dumps({
            "origin": cloud.origin, "ca": cloud.authority, "folder": str(folder),
            "relink": str(BIN / "relink"), "authority_folder": str(cloud.authority_folder),
            "email": EMAIL, "password": PASSWORD, "redirect_uri": "http://127.0.0.1/callback",
            "resource_server": f"Basic {server}",
            "admin_token": cloud.admin.headers["Authorization"].removeprefix("Bearer "),
        }),
    }
    # The admin listener last: it logs everybody out, and sets the clock.
    addresses = [cloud.origin, f"http://127.0.0.1:{cloud.address['admin_port']}"]
    results = [schemathesis(each, cloud, folder, environment, options) for each in addresses]
    log = (folder / "cloud.log").read_text()
    assert "unexpected error" not in log, log
    return max(results)


def schemathesis(address, cloud, folder, environment, options):
    print(f"==> {address}", flush=True)
    program = pathlib.Path(sys.executable).parent / "schemathesis"
    command = [
        program, "--config-file", FOLDER / "openapi.toml", "run", address + "/openapi.json",
        "--tls-verify", cloud.authority, *options,
    ]
    return subprocess.run(command, cwd=folder, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
