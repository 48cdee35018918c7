"""pyotp, unmodified, as the owner's authenticator; requests as the browser that keeps cookies."""

import html
import re
import subprocess
import time
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import requests
from authlib.common.security import generate_token
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from conftest import BIN
from test_app import REDIRECT, log_in


@pytest.fixture
def app(cloud, owner):
    session, _ = log_in(cloud, owner)
    return session


@pytest.fixture
def authenticator(cloud, owner, app):
    """The owner's, switched on."""
    enrolment = app.post(
        cloud.origin + "/v1/account/totp", json={"password": owner["password"]}, timeout=10
    )
    assert enrolment.status_code == 201, enrolment.text
    totp = pyotp.parse_uri(enrolment.json()["uri"])
    assert (totp.name, totp.issuer, totp.secret) == (
        owner["email"], "Relink", enrolment.json()["secret"],
    )
    # The step before the present one, so that the present one is left for the login.
    answer = app.post(
        cloud.origin + "/v1/account/totp/confirm",
        json={"code": totp.at(time.time(), counter_offset=-1)}, timeout=10,
    )
    assert answer.status_code == 200, answer.text
    totp.recovery_codes = answer.json()["recovery_codes"]
    assert len(set(totp.recovery_codes)) == 10
    return totp


class Browser(requests.Session):
    """At the authorization page: it posts the hidden fields that it was shown."""

    def __init__(self, cloud):
        super().__init__()
        self.verify = cloud.authority
        self.endpoint = cloud.origin + "/oauth/authorize"
        self.verifier = generate_token(48)
        self.form = {
            "response_type": "code", "client_id": "relink-app", "redirect_uri": REDIRECT,
            "state": "s", "code_challenge": create_s256_code_challenge(self.verifier),
            "code_challenge_method": "S256",
        }

    def show(self, **fields):
        answer = self.post(
            self.endpoint, data={**self.form, **fields, "decision": "allow"},
            allow_redirects=False, timeout=10,
        )
        hidden = re.findall(r'type="hidden" name="(.*?)" value="(.*?)"', answer.text)
        if hidden:
            self.form = {name: html.unescape(value) for name, value in hidden}
        return answer


def code_of(answer):
    assert answer.status_code == 303, answer.text
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def test_an_authenticator_logs_in(cloud, owner, authenticator):
    browser = Browser(cloud)
    asked = browser.show(**owner)
    assert asked.status_code == 200
    assert 'autocomplete="one-time-code"' in asked.text
    assert browser.show(code="000000").status_code == 403
    code = authenticator.now()
    answer = browser.post(
        cloud.origin + "/oauth/token", timeout=10,
        data={
            "grant_type": "authorization_code", "client_id": "relink-app",
            "redirect_uri": REDIRECT, "code_verifier": browser.verifier,
            "code": code_of(browser.show(code=code)),
        },
    )
    assert answer.status_code == 200, answer.text

    # The same code again, in another browser.
    other = Browser(cloud)
    other.show(**owner)
    assert other.show(code=code).status_code == 403
    code_of(other.show(code=authenticator.recovery_codes[0]))


def test_the_password_alone_is_not_enough(cloud, owner, authenticator):
    browser = Browser(cloud)
    assert browser.show(**owner).status_code == 200
    # The page of somebody who has the password, without the cookie that came with it.
    thief = Browser(cloud)
    thief.form = browser.form
    refused = thief.show(code=authenticator.now())
    assert refused.status_code == 403
    assert 'name="password"' in refused.text


def test_sessions_are_listed_and_ended(cloud, owner, app):
    other, _ = log_in(cloud, owner)
    listed = app.get(cloud.origin + "/v1/sessions", timeout=10).json()["sessions"]
    assert [session["current"] for session in listed] == [True, False]
    path = cloud.origin + "/v1/sessions/" + listed[1]["id"]
    assert app.delete(path, timeout=10).status_code == 204
    assert app.delete(path, timeout=10).status_code == 404
    dead = other.get(cloud.origin + "/v1/session", timeout=10)
    assert (dead.status_code, dead.json()["reason"]) == (401, "session_ended")


def test_the_command_line_enrols_and_logs_in(cloud, owner):
    def account(*arguments, **options):
        return subprocess.Popen(
            [BIN / "relink", "account", *arguments, "--cloud", cloud.origin, "--ca",
             cloud.authority, "--email", owner["email"]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            **options,
        )

    process = account("enrol")
    secret = process.stdout.readline().split()[-1]
    totp = pyotp.TOTP(secret)
    out, error = process.communicate(totp.at(time.time(), counter_offset=-1) + "\n", timeout=30)
    assert process.returncode == 0, error
    recovery = re.findall(r"^  (\S{19})$", out, re.MULTILINE)
    assert len(recovery) == 10

    process = account("disable")
    out, error = process.communicate(f"{totp.now()}\n{recovery[0]}\n", timeout=30)
    assert process.returncode == 0, error
    process = account("show")
    out, error = process.communicate("", timeout=30)
    assert process.returncode == 0, error
    assert "second factor: none" in out


def test_a_password_list(cloud, owner, tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(b"correct horse\nGr\xf6\xdfe\n")
    result = subprocess.run(
        [BIN / "relink", "cloud", "--ephemeral", "--port", "0", "--admin-port", "0",
         "--password-list", path, "--development-ca", cloud.authority_folder],
        capture_output=True, text=True, timeout=30,
    )
    assert result.returncode == 1
    assert f"{path}, line 2: it is not UTF-8" in result.stderr
