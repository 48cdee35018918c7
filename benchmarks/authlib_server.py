"""Authlib's authorization server on Flask, with rotating refresh tokens in SQLite (WAL).

As its documentation has it: a token table, a refresh grant that revokes the token that was used.
Run by gunicorn: `gunicorn authlib_server:application`; `RELINK_BENCH_DATABASE` names the database,
which has the table already.

One thing is not as there: the old token is looked at, the new one stored and the old one revoked in one
transaction. In one for each, whoever refreshes while everyone is logged out keeps a live token.
"""

import os
import sqlite3
import threading
import time

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from flask import Flask, Response

SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (
  access_token TEXT NOT NULL, refresh_token TEXT PRIMARY KEY, user TEXT NOT NULL,
  issued_at INTEGER NOT NULL, expires_in INTEGER NOT NULL, revoked_at INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID
"""

connections = threading.local()


def database():
    if not hasattr(connections, "database"):
        connections.database = sqlite3.connect(
            os.environ["RELINK_BENCH_DATABASE"], timeout=120, isolation_level=None)
        connections.database.execute("PRAGMA synchronous=FULL")
    return connections.database


class Client(ClientMixin):
    client_id = "relink-bench"

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return ""

    def check_redirect_uri(self, redirect_uri):
        return False

    def check_client_secret(self, client_secret):
        return False

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "none"

    def check_response_type(self, response_type):
        return False

    def check_grant_type(self, grant_type):
        return grant_type == "refresh_token"


class Token(TokenMixin):
    def __init__(self, row):
        self.refresh_token, self.user, self.revoked_at = row

    def check_client(self, client):
        return True

    def get_scope(self):
        return ""

    def get_expires_in(self):
        return 3600

    def is_expired(self):
        return False

    def is_revoked(self):
        return self.revoked_at > 0

    def get_user(self):
        return self.user

    def get_client(self):
        return Client()


class RefreshTokenGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        database().execute("BEGIN IMMEDIATE")
        row = database().execute(
            "SELECT refresh_token, user, revoked_at FROM tokens WHERE refresh_token = ?",
            [refresh_token]).fetchone()
        return Token(row) if row and row[2] == 0 else None

    def authenticate_user(self, refresh_token):
        return refresh_token.get_user()

    def revoke_old_credential(self, refresh_token):
        database().execute(
            "UPDATE tokens SET revoked_at = ? WHERE refresh_token = ?",
            [int(time.time()), refresh_token.refresh_token])
        database().execute("COMMIT")


def save_token(token, request):
    database().execute(
        "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, 0)",
        [token["access_token"], token["refresh_token"], str(request.user), int(time.time()),
         token["expires_in"]])


application = Flask(__name__)
application.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
server = AuthorizationServer(
    application, query_client=lambda name: Client() if name == Client.client_id else None,
    save_token=save_token)
server.register_grant(RefreshTokenGrant)


@application.post("/oauth/token")
def token():
    try:
        return server.create_token_response()
    finally:
        # Of a token that was refused.
        if database().in_transaction:
            database().execute("ROLLBACK")


@application.get("/health")
def health():
    return Response("ok")
