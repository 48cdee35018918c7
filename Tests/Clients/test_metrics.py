"""Prometheus' own checker reads the metrics."""

import shutil
import subprocess
import sys
from pathlib import Path

import requests
from test_app import log_in


def test_promtool_is_quiet(cloud, owner):
    session, metadata = log_in(cloud, owner)
    session.refresh_token(metadata["token_endpoint"])
    requests.get(cloud.origin + "/nothing", verify=cloud.authority, timeout=10)
    cloud.operator("POST", "/faults", json={"status": 503, "endpoint": "/health"})
    requests.get(cloud.origin + "/health", verify=cloud.authority, timeout=10)
    url = f"http://127.0.0.1:{cloud.address['admin_port']}/metrics"
    assert requests.get(url, timeout=10).status_code == 401
    answer = cloud.admin.get(url, timeout=10)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'relink_token_refreshes_total{outcome="granted",kind="app"} 1\n' in answer.text
    assert 'route="other",status="404"} 1\n' in answer.text
    own = Path(sys.executable).parent / "promtool"
    promtool = shutil.which("promtool") or (own.exists() and str(own))
    assert promtool, "scripts/setup clients installs it"
    result = subprocess.run(
        [promtool, "check", "metrics"], input=answer.text, capture_output=True, text=True,
        timeout=20,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
