"""Authlib, unmodified, as the owner's app: code with PKCE, refresh, forced logout, login again."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

REDIRECT = "http://127.0.0.1:7777/callback"


def log_in(cloud, owner):
    metadata = requests.get(
        cloud.origin + "/.well-known/oauth-authorization-server", verify=cloud.authority, timeout=10
    ).json()
    assert metadata["issuer"] == cloud.origin
    session = OAuth2Session(
        "relink-app", redirect_uri=REDIRECT, code_challenge_method="S256",
        token_endpoint=metadata["token_endpoint"], token_endpoint_auth_method="none",
        revocation_endpoint_auth_method="none",
    )
    session.verify = cloud.authority
    verifier = generate_token(48)
    url, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier
    )
    form = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    answer = requests.post(
        metadata["authorization_endpoint"], data={**form, **owner, "decision": "allow"},
        verify=cloud.authority, allow_redirects=False, timeout=10,
    )
    assert answer.status_code == 303, answer.text
    location = answer.headers["Location"]
    assert parse_qs(urlsplit(location).query)["iss"] == [cloud.origin]
    session.fetch_token(
        metadata["token_endpoint"], authorization_response=location, state=state,
        code_verifier=verifier,
    )
    return session, metadata


def test_code_refresh_forced_logout_and_login_again(cloud, owner):
    session, metadata = log_in(cloud, owner)
    assert session.get(cloud.origin + "/v1/session", timeout=10).json()["kind"] == "app"
    first = session.token["refresh_token"]
    session.refresh_token(metadata["token_endpoint"])
    assert session.token["refresh_token"] != first

    epoch = cloud.operator("POST", "/logout", json={"scope": "everyone", "reason": "a leak"})
    assert epoch["epoch"] == 1
    refused = session.get(cloud.origin + "/v1/session", timeout=10)
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert refused.json()["reason"] == "logged_out"
    with pytest.raises(OAuthError, match="invalid_grant"):
        session.refresh_token(metadata["token_endpoint"])

    again, _ = log_in(cloud, owner)
    assert again.get(cloud.origin + "/v1/session", timeout=10).status_code == 200


def test_revoked_token_is_dead(cloud, owner):
    session, metadata = log_in(cloud, owner)
    answer = session.revoke_token(
        metadata["revocation_endpoint"], session.token["refresh_token"], "refresh_token"
    )
    assert answer.status_code == 200, answer.text
    refused = session.get(cloud.origin + "/v1/session", timeout=10)
    assert (refused.status_code, refused.json()["reason"]) == (401, "session_ended")


@pytest.mark.parametrize("verifier", ["x" * 43, "x" * 42, ""])
def test_another_verifier_is_refused(cloud, owner, verifier):
    session, metadata = log_in(cloud, owner)
    url, _ = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=generate_token(48)
    )
    form = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    location = requests.post(
        metadata["authorization_endpoint"], data={**form, **owner, "decision": "allow"},
        verify=cloud.authority, allow_redirects=False, timeout=10,
    ).headers["Location"]
    answer = requests.post(
        metadata["token_endpoint"], verify=cloud.authority, timeout=10,
        data={
            "grant_type": "authorization_code", "client_id": "relink-app",
            "redirect_uri": REDIRECT, "code_verifier": verifier,
            "code": parse_qs(urlsplit(location).query)["code"][0],
        },
    )
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_grant", "invalid_request")
