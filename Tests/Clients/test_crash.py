"""A cloud that is killed right after a logout, and one whose database is replaced by an older copy."""

import shutil

import pytest
import requests
from conftest import Cloud
from test_app import log_in


def copy_database(source, target):
    target.mkdir(exist_ok=True)
    for file in target.glob("cloud.sqlite*"):
        file.unlink()
    for file in source.glob("cloud.sqlite*"):
        shutil.copy2(file, target)


def ask(cloud, token):
    headers = {"Authorization": f"Bearer {token}"}
    url = cloud.origin + "/v1/session"
    return requests.get(url, headers=headers, verify=cloud.authority, timeout=10)


def refresh(cloud, token):
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "relink-app"}
    return requests.post(
        cloud.origin + "/oauth/token", data=form, verify=cloud.authority, timeout=10
    )


@pytest.mark.parametrize("is_restored", [False, True], ids=["killed", "killed and restored"])
@pytest.mark.parametrize(
    "scope",
    [{"scope": "everyone"}, {"scope": "kind", "kind": "app"}, {"scope": "issued_before"}],
    ids=lambda scope: scope["scope"],
)
def test_a_logout_outlives_the_process_and_an_older_database(
    cloud, owner, tmp_path, scope, is_restored
):
    session, _ = log_in(cloud, owner)
    tokens = session.token
    data, older = tmp_path / "cloud", tmp_path / "older"
    if scope["scope"] == "issued_before":
        # A second from now on, so that it lies after the login whatever the clock's fraction is.
        now = cloud.operator("GET", "/clock")["at"]
        cloud.operator("POST", "/clock/advance", json={"seconds": 2})
        scope = {**scope, "before": now + 1_000}
    copy_database(data, older)
    assert ask(cloud, tokens["access_token"]).status_code == 200
    cloud.operator("POST", "/logout", json={**scope, "reason": "a leak"})
    cloud.process.kill()
    cloud.process.wait()
    if is_restored:
        copy_database(older, data)

    again = Cloud(tmp_path)
    try:
        refused = ask(again, tokens["access_token"])
        assert (refused.status_code, refused.json()["reason"]) == (401, "logged_out")
        refused = refresh(again, tokens["refresh_token"])
        assert (refused.status_code, refused.json()["reason"]) == (400, "logged_out")
    finally:
        assert again.stop() == 0
