"""requests-oauthlib, unmodified, as the owner's app: code with PKCE, refresh, forced logout, login again."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from oauthlib.oauth2 import InvalidGrantError
from requests_oauthlib import OAuth2Session

REDIRECT = "http://127.0.0.1:7777/callback"


class App:
    """An installation of the app: what requests-oauthlib does, and the owner in the browser."""

    def __init__(self, cloud, owner):
        self.cloud, self.owner = cloud, owner
        self.session = OAuth2Session("relink-app", redirect_uri=REDIRECT, pkce="S256")
        self.session.verify = cloud.authority

    def log_in(self):
        url, _ = self.session.authorization_url(self.cloud.origin + "/oauth/authorize")
        form = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        answer = requests.post(
            self.cloud.origin + "/oauth/authorize",
            data={**form, **self.owner, "decision": "allow"},
            verify=self.cloud.authority, allow_redirects=False, timeout=10,
        )
        assert answer.status_code == 303, answer.text
        # It insists on TLS in the redirect, which a loopback address does not have.
        location = answer.headers["Location"].replace("http://", "https://", 1)
        self.session.fetch_token(
            self.cloud.origin + "/oauth/token", authorization_response=location,
            include_client_id=True, verify=self.cloud.authority, timeout=10,
        )

    def refresh(self):
        return self.session.refresh_token(
            self.cloud.origin + "/oauth/token", client_id="relink-app",
            verify=self.cloud.authority, timeout=10,
        )

    def whoami(self):
        return self.session.get(self.cloud.origin + "/v1/session", timeout=10)


def test_code_refresh_forced_logout_and_login_again(cloud, owner):
    app = App(cloud, owner)
    app.log_in()
    before = app.whoami()
    assert (before.status_code, before.json()["kind"]) == (200, "app")
    first = app.session.token["refresh_token"]
    assert app.refresh()["refresh_token"] != first
    assert app.whoami().status_code == 200

    cloud.operator("POST", "/logout", json={"scope": "everyone", "reason": "a leak"})
    refused = app.whoami()
    assert (refused.status_code, refused.json()["reason"]) == (401, "logged_out")
    with pytest.raises(InvalidGrantError):
        app.refresh()

    again = App(cloud, owner)
    again.log_in()
    after = again.whoami()
    assert after.status_code == 200
    # The same owner, in another session.
    assert after.json()["account_id"] == before.json()["account_id"]
    assert after.json()["session_id"] != before.json()["session_id"]


def test_a_lost_answer_is_given_again(cloud, owner):
    app = App(cloud, owner)
    app.log_in()
    kept = dict(app.session.token)
    lost = app.refresh()
    app.session.token = kept
    assert app.refresh()["refresh_token"] == lost["refresh_token"]
    assert app.whoami().status_code == 200
