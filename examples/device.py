#!/usr/bin/env python3
"""A device of one's own, against Relink's cloud, with nothing but Python's standard library.

It pairs with a payload, keeps its refresh token in a file, refreshes it when it must, sends
heartbeats, and asks for a new link after a forced logout. Read it beside docs/protocol.md.

    relink cloud &
    relink certificate device --out my-device
    export RELINK_PASSWORD='analytical-engine-1843'
    relink payload --email ada@example.org --register --ssid Home > payload.txt
    python3 examples/device.py --certificate my-device --payload "$(cat payload.txt)"
"""

import argparse
import http.client
import json
import os
import re
import ssl
import sys
import time
import urllib.parse

GRANT = "urn:relink:params:oauth:grant-type:"


class NoAnswer(Exception):
    """Nobody answered, or nothing that says what to do: the same request may be sent again."""


def payload_fields(payload):
    """The members of the payload's RELINK part: V, C (the cloud's origin) and K (the token)."""
    if "RELINK:" not in payload:
        sys.exit("this is no pairing payload: it has no RELINK part")
    fields = re.findall(r"([A-Z]):((?:[^;\\]|\\.)*);", payload.split("RELINK:", 1)[1])
    return {name: urllib.parse.unquote(value) for name, value in fields}


class Device:
    def __init__(self, cloud, authority, certificate, token_file):
        self.cloud = urllib.parse.urlsplit(cloud)
        self.tls = ssl.create_default_context(cafile=authority)
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_3
        self.tls.load_cert_chain(certificate + ".pem", certificate + ".key")
        self.token_file = token_file
        self.access_token = None

    def send(self, method, path, body=None, headers=None):
        """One request; returns status, headers and the decoded JSON object (or an empty one)."""
        connection = http.client.HTTPSConnection(
            self.cloud.hostname, self.cloud.port, context=self.tls, timeout=10
        )
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"no answer to {method} {path}: {error or type(error).__name__}") from error
        finally:
            connection.close()
        try:
            members = json.loads(text) if text else {}
        except ValueError:
            members = None
        if answer.status == 429 or answer.status >= 500 or not isinstance(members, dict):
            raise NoAnswer(f"{method} {path} is answered with {answer.status} and nothing to go by")
        return answer.status, answer.headers, members

    def token(self, **form):
        """Asks the token endpoint; on success the new refresh token is stored before it is used."""
        status, _, answer = self.send(
            "POST",
            "/oauth/token",
            urllib.parse.urlencode({"client_id": "relink-camera", **form}),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        needed = ("refresh_token", "access_token") if status == 200 else ("error",)
        if not all(isinstance(answer.get(name), str) and answer[name] for name in needed):
            raise NoAnswer(f"the answer of the token endpoint ({status}) is malformed")
        if status == 200:
            self.store(answer["refresh_token"])
            self.access_token = answer["access_token"]
        return status, answer

    def store(self, refresh_token):
        temporary = self.token_file + ".new"
        with open(temporary, "w", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(refresh_token)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.token_file)

    def stored(self):
        try:
            with open(self.token_file) as file:
                return file.read()
        except FileNotFoundError:
            return None

    def pair(self, payload):
        token = payload_fields(payload).get("K")
        if not token:
            sys.exit("the payload has no pairing token: it changes the Wi-Fi of a paired device")
        return self.token(
            grant_type=GRANT + "pairing",
            pairing_token=token,
            model="my-camera",
            firmware_version="0.1.0",
        )

    def refresh(self):
        return self.token(grant_type="refresh_token", refresh_token=self.stored())

    def relink(self):
        return self.token(grant_type=GRANT + "relink", firmware_version="0.1.0")

    def heartbeat(self):
        status, _, answer = self.send(
            "POST",
            "/v1/device/heartbeat",
            json.dumps(
                {
                    "uptime_ms": int(time.monotonic() * 1000),
                    "ssid": b"Home".hex(),
                    "signal_dbm": -50,
                    "firmware_version": "0.1.0",
                }
            ),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.access_token}"},
        )
        return status, answer

    def step(self):
        """One turn: a heartbeat, or whatever is needed before one. Returns what it did."""
        if self.access_token:
            status, answer = self.heartbeat()
            if status == 204:
                return "heartbeat"
            if status != 401:
                raise NoAnswer(f"the heartbeat is answered with {status}")
            self.access_token = None
            return f"heartbeat refused: {answer.get('reason')}"
        if self.stored():
            status, answer = self.refresh()
            if status == 200:
                return "refreshed"
            if answer["error"] == "invalid_grant":
                os.remove(self.token_file)
            return f"refresh refused: {answer.get('reason')}"
        status, answer = self.relink()
        return "linked again" if status == 200 else f"link refused: {answer.get('reason', answer['error'])}"


def main():
    data = os.environ.get("XDG_DATA_HOME", os.path.expanduser("~/.local/share"))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cloud", help="its origin (default: the payload's, else port 8443 here)")
    parser.add_argument("--ca", default=data + "/relink/development-ca/server-ca.pem")
    parser.add_argument("--certificate", required=True, help="prefix of the .pem and the .key")
    parser.add_argument("--payload", help="pair with this payload first")
    parser.add_argument("--token-file", default="my-device.token")
    parser.add_argument("--turns", type=int, default=0, help="stop after so many (default: never)")
    parser.add_argument("--interval", type=float, default=5, help="seconds between turns")
    options = parser.parse_args()
    named = payload_fields(options.payload).get("C") if options.payload else None
    cloud = options.cloud or named or "https://127.0.0.1:8443"
    device = Device(cloud, options.ca, options.certificate, options.token_file)
    is_pairing = options.payload is not None
    turn = 0
    while options.turns == 0 or turn < options.turns:
        turn += 1
        try:
            if is_pairing:
                status, answer = device.pair(options.payload)
                if status != 200:
                    sys.exit(f"pairing refused: {answer.get('reason', answer['error'])}")
                is_pairing = False
                print(f"paired as {answer.get('device_id')}", flush=True)
            print(device.step(), flush=True)
        except NoAnswer as error:
            print(error, flush=True)
        if turn != options.turns:
            time.sleep(options.interval)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
