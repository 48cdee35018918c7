"""nginx over TLS: a canned answer to a POST, and a small file."""

import contextlib
import os
import subprocess

from processes import free_port, running

CONFIGURATION = """
{user}
worker_processes auto;
daemon off;
error_log {folder}/nginx-error.log crit;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  # Else the file is opened for every request.
  open_file_cache max=16;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_protocols TLSv1.3;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    root {folder}/www;
    location = /token {{ default_type application/json; return 200 '{body}'; }}
    location / {{ default_type application/json; }}
  }}
}}
"""


class Nginx:
    name = "nginx over TLS"
    tls = True

    def __init__(self, folder):
        self.folder = folder / "nginx"
        self.folder.mkdir()

    @contextlib.contextmanager
    def run(self, post_answer, file):
        """Answers POST /token with one text, and GET /session with a file of the other."""
        self.port = free_port()
        certificate, key = self.make_certificate()
        (self.folder / "www").mkdir()
        (self.folder / "www" / "session").write_text(file)
        configuration = self.folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(
            # Its workers would else be nobody's, and may not enter the folder.
            user="user root;" if os.geteuid() == 0 else "",
            folder=self.folder, port=self.port, certificate=certificate, key=key,
            body=post_answer))
        command = [
            "/usr/sbin/nginx", "-c", configuration, "-p", self.folder, "-e",
            self.folder / "nginx-error.log",
        ]
        with running(command, self.port) as process:
            self.process = process
            yield self

    def make_certificate(self):
        """Of the kind that Relink's own has: P-256."""
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost"],
            check=True, capture_output=True)
        return certificate, key
