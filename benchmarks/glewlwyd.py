"""Glewlwyd from Debian, on SQLite with WAL, as an OpenID Connect provider that rotates refresh tokens."""

import contextlib
import pathlib
import sqlite3

import requests

from processes import free_port, running

SCHEMA = pathlib.Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
USER, PASSWORD = "owner", "for-measuring-1"

CONFIGURATION = """
port={port}
external_url="http://127.0.0.1:{port}/"
login_url="login.html"
api_prefix="api"
log_mode="file"
log_level="ERROR"
log_file="{folder}/glewlwyd.log"
cookie_secure=0
session_expiration=2419200
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
# Read although they are of no use.
use_secure_connection=false
secure_connection_key_file="{folder}/none"
secure_connection_pem_file="{folder}/none"
secure_connection_ca_file="{folder}/none"
hash_algorithm="SHA512"
database = {{ type = "sqlite3" path = "{folder}/glewlwyd.db" }};
"""

# One use of a refresh token, and the key of the tokens that costs the least: a shared secret.
PARAMETERS = {
    "iss": "http://127.0.0.1/",
    "jwt-type": "sha",
    "jwt-key-size": "256",
    "key": "only-for-measuring-on-loopback",
    "access-token-duration": 3600,
    "refresh-token-duration": 1209600,
    "code-duration": 600,
    "refresh-token-rolling": True,
    "refresh-token-one-use": "always",
    "allow-non-oidc": True,
    "auth-type-code-enabled": False,
    "auth-type-token-enabled": False,
    "auth-type-id-token-enabled": False,
    "auth-type-none-enabled": False,
    "auth-type-password-enabled": True,
    "auth-type-client-enabled": False,
    "auth-type-refresh-enabled": True,
    "scope": [],
}


class Glewlwyd:
    name = "Glewlwyd on SQLite (WAL)"
    tls = False
    path = "/api/oidc/token"
    form = "grant_type=refresh_token"

    def __init__(self, folder):
        self.folder = folder / "glewlwyd"
        self.folder.mkdir()
        self.database = self.folder / "glewlwyd.db"

    @contextlib.contextmanager
    def run(self):
        self.port = free_port()
        is_new = not self.database.exists()
        if is_new:
            with contextlib.closing(self.connect()) as database:
                database.executescript(SCHEMA.read_text())
                database.execute("PRAGMA journal_mode=WAL")
        configuration = self.folder / "glewlwyd.conf"
        configuration.write_text(CONFIGURATION.format(port=self.port, folder=self.folder))
        with running(["glewlwyd", "-c", configuration], self.port) as process:
            self.process = process
            if is_new:
                self.set_up()
            yield self

    @contextlib.contextmanager
    def populated(self, count):
        """Runs with that many live refresh tokens."""
        with self.run():
            self.grow(count)
            yield self

    def set_up(self):
        admin = requests.Session()
        origin = f"http://127.0.0.1:{self.port}/api"

        def post(path, body):
            answer = admin.post(origin + path, json=body, timeout=10)
            assert answer.status_code == 200, (path, answer.status_code, answer.text)

        post("/auth/", {"username": "admin", "password": "password"})
        post("/mod/plugin/", {
            "module": "oidc", "name": "oidc", "display_name": "oidc", "parameters": PARAMETERS,
            "order_rank": 0,
        })
        post("/user/", {
            "username": USER, "password": PASSWORD, "enabled": True, "scope": ["g_profile"],
        })

    def tokens(self, count):
        session = requests.Session()
        tokens = []
        for _ in range(count):
            answer = session.post(f"http://127.0.0.1:{self.port}{self.path}", timeout=10, data={
                "grant_type": "password", "username": USER, "password": PASSWORD,
                "scope": "g_profile",
            })
            assert answer.status_code == 200, (answer.status_code, answer.text)
            tokens.append(answer.json()["refresh_token"])
        return tokens

    def grow(self, count):
        """Adds copies of a refresh token's row, with hashes and identifiers of their own, until there are
        that many; then all are live."""
        self.tokens(1)
        with contextlib.closing(self.connect()) as database:
            columns = [row[1] for row in database.execute("PRAGMA table_info(gpo_refresh_token)")]
            own = {
                "gpor_id": "NULL", "gpor_token_hash": "hex(randomblob(32))",
                "gpor_jti": "hex(randomblob(16))",
            }
            values = ", ".join(own.get(column, f"template.{column}") for column in columns)
            present, last = database.execute(
                "SELECT count(*), max(gpor_id) FROM gpo_refresh_token").fetchone()
            database.execute("PRAGMA cache_size = -262144")
            with database:
                database.execute(
                    f"""
                    WITH RECURSIVE number (i) AS (
                      SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ?)
                    INSERT INTO gpo_refresh_token ({", ".join(columns)})
                    SELECT {values}
                    FROM number, (SELECT * FROM gpo_refresh_token WHERE gpor_id = ?) AS template
                    WHERE ? > 0
                    """, (count - present, last, count - present))
                database.execute(
                    "UPDATE gpo_refresh_token SET gpor_enabled = 1 WHERE gpor_enabled = 0")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def prepare_logout(self):
        pass

    def log_everyone_out(self):
        """By SQL, since it has no call for all."""
        with contextlib.closing(self.connect()) as database, database:
            database.execute("UPDATE gpo_refresh_token SET gpor_enabled = 0 WHERE gpor_enabled = 1")

    def connect(self):
        """With `synchronous=FULL`, SQLite's default."""
        return sqlite3.connect(self.database, timeout=120)
