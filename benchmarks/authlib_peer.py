"""Authlib on Flask, run by gunicorn with as many threads as the load has connections."""

import contextlib
import os
import pathlib
import secrets
import sqlite3
import sys
import time

from authlib_server import SCHEMA
from processes import free_port, running


class Authlib:
    name = "Authlib on Flask, SQLite (WAL)"
    tls = False
    path = "/oauth/token"
    form = "grant_type=refresh_token&client_id=relink-bench"

    def __init__(self, folder):
        self.folder = folder / "authlib"
        self.folder.mkdir()
        self.database = self.folder / "authlib.db"

    @contextlib.contextmanager
    def run(self):
        self.port = free_port()
        with contextlib.closing(self.connect()) as database:
            # Before the workers come, who would lock each other out.
            database.execute("PRAGMA journal_mode=WAL")
            database.execute(SCHEMA)
        environment = dict(
            os.environ, RELINK_BENCH_DATABASE=str(self.database), AUTHLIB_INSECURE_TRANSPORT="1")
        gunicorn = pathlib.Path(sys.executable).parent / "gunicorn"
        command = [
            gunicorn, "--chdir", pathlib.Path(__file__).parent, "--bind",
            f"127.0.0.1:{self.port}", "--workers", "2", "--threads", "32", "--keep-alive", "60",
            "--timeout", "120", "--worker-tmp-dir", self.folder, "--log-level", "error",
            "authlib_server:application",
        ]
        with open(self.folder / "log", "ab") as log, running(
                command, self.port, env=environment, stdout=log, stderr=log) as process:
            self.process = process
            yield self

    @contextlib.contextmanager
    def populated(self, count):
        """Runs with that many live refresh tokens."""
        with self.run():
            self.grow(count)
            yield self

    def tokens(self, count):
        tokens = [secrets.token_urlsafe(36) for _ in range(count)]
        with contextlib.closing(self.connect()) as database, database:
            database.executemany(
                "INSERT INTO tokens VALUES (?, ?, 'owner', ?, 3600, 0)",
                [(secrets.token_urlsafe(31), token, int(time.time())) for token in tokens])
        return tokens

    def grow(self, count):
        """Adds tokens until there are that many; then all are live."""
        with contextlib.closing(self.connect()) as database:
            present = database.execute("SELECT count(*) FROM tokens").fetchone()[0]
            database.execute("PRAGMA cache_size = -262144")
            with database:
                database.execute(
                    """
                    WITH RECURSIVE number (i) AS (
                      SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ?)
                    INSERT INTO tokens
                    SELECT hex(randomblob(21)), hex(randomblob(24)), 'owner', ?, 3600, 0
                    FROM number WHERE ? > 0
                    """, (count - present, int(time.time()), count - present))
                database.execute("UPDATE tokens SET revoked_at = 0 WHERE revoked_at > 0")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def prepare_logout(self):
        pass

    def log_everyone_out(self):
        """As an application does that keeps its tokens in a table of its own."""
        with contextlib.closing(self.connect()) as database, database:
            database.execute(
                "UPDATE tokens SET revoked_at = ? WHERE revoked_at = 0", [int(time.time())])

    def connect(self):
        """With `synchronous=FULL`, SQLite's default."""
        return sqlite3.connect(self.database, timeout=120)
