"""Authlib, unmodified, as a resource server that checks JWT access tokens (RFC 9068) by the published keys alone."""

import json

import pytest
import requests
from authlib.jose.errors import BadSignatureError
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator

from conftest import Cloud
from test_app import log_in


@pytest.fixture
def cloud(tmp_path):
    clients = tmp_path / "clients.json"
    clients.write_text(
        json.dumps({"clients": [{"id": "relink-app", "access_token_format": "jwt"}]})
    )
    cloud = Cloud(tmp_path, "--clients", clients)
    try:
        yield cloud
        assert cloud.stop() == 0
    finally:
        if cloud.process.poll() is None:
            cloud.process.kill()
            cloud.process.wait()


class ResourceServer(JWTBearerTokenValidator):
    def __init__(self, cloud):
        super().__init__(issuer=cloud.origin, resource_server=cloud.origin)
        metadata = requests.get(
            cloud.origin + "/.well-known/oauth-authorization-server", verify=cloud.authority,
            timeout=10,
        ).json()
        self.keys = requests.get(
            metadata["jwks_uri"], verify=cloud.authority, timeout=10
        ).json()

    def get_jwks(self):
        return self.keys

    def claims(self, token):
        claims = self.authenticate_token(token)
        self.validate_token(claims, [], None)
        return claims


def rotate(cloud, *options):
    text = cloud.run(
        "keys", "rotate", "--lead-seconds", "0", "--json", "--admin-port",
        str(cloud.address["admin_port"]), "--admin-token-file", cloud.address["admin_token_file"],
        *options,
    )
    return json.loads(text)


def test_keys_of_both_algorithms_and_back(cloud, owner):
    tokens = [log_in(cloud, owner)[0].token["access_token"]]
    for algorithm in ("RS256", "ES256"):
        key = rotate(cloud, "--algorithm", algorithm)
        assert key["algorithm"] == algorithm
        tokens.append(log_in(cloud, owner)[0].token["access_token"])
    server = ResourceServer(cloud)
    assert [key["kty"] for key in server.keys["keys"]] == ["EC", "RSA", "EC"]
    headers = []
    for token in tokens:
        claims = server.claims(token)
        assert claims["client_id"] == "relink-app"
        headers.append(claims.header)
        answer = requests.get(
            cloud.origin + "/v1/session", headers={"Authorization": f"Bearer {token}"},
            verify=cloud.authority, timeout=10,
        )
        assert answer.status_code == 200
        assert answer.json()["account_id"] == claims["sub"]
    assert [header["alg"] for header in headers] == ["ES256", "RS256", "ES256"]
    assert [header["kid"] for header in headers] == [key["kid"] for key in server.keys["keys"]]


def test_a_changed_token_is_refused_by_both(cloud, owner):
    rotate(cloud, "--algorithm", "RS256")
    token = log_in(cloud, owner)[0].token["access_token"]
    server = ResourceServer(cloud)
    assert server.claims(token).header["alg"] == "RS256"
    header, payload, signature = token.split(".")
    changed = f"{header}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    with pytest.raises(BadSignatureError):
        server.claims(changed)
    answer = requests.get(
        cloud.origin + "/v1/session", headers={"Authorization": f"Bearer {changed}"},
        verify=cloud.authority, timeout=10,
    )
    assert (answer.status_code, answer.json()["reason"]) == (401, "token_unknown")
