"""What schemathesis needs to get past the doors: tokens and certificates (see openapi_run.py)."""

import json
import os
import subprocess

import requests
import schemathesis

HOME = json.loads(os.environ["RELINK_API_TEST"])
CERTIFICATES = {}


class Household:
    """An owner's app, a camera and a scale, each with a live token; made anew when a call ended one."""

    def __init__(self):
        self.tokens = {}
        self.ids = {}
        # One in which the owner has logged in before, so that guessers do not hold it up.
        self.browser = requests.Session()
        self.browser.trust_env = False
        self.tokens["app"] = self.log_in()

    def token(self, kind):
        if kind not in self.tokens:
            self.make(kind)
        return self.tokens[kind]

    def make(self, kind):
        if kind == "app":
            self.tokens[kind] = self.log_in()
            return
        # A device of its own each time: one that was removed stays removed.
        prefix = os.path.join(HOME["folder"], f"{kind}-{os.urandom(8).hex()}")
        subprocess.run(
            [HOME["relink"], "certificate", "device", "--out", prefix, "--development-ca",
             HOME["authority_folder"]],
            check=True, capture_output=True, timeout=30,
        )
        CERTIFICATES[kind] = (f"{prefix}.pem", f"{prefix}.key")
        pairing = self.post_json("/v1/pairing-tokens", {}, self.log_in())["pairing_token"]
        granted = self.post_form(
            "/oauth/token", CERTIFICATES[kind],
            grant_type="urn:relink:params:oauth:grant-type:pairing", pairing_token=pairing,
            client_id=f"relink-{kind}", model="model", firmware_version="1.0.0",
        ).json()
        self.tokens[kind] = granted["access_token"]
        self.ids[kind] = granted["device_id"]

    def log_in(self):
        verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        answer = self.post_form(
            "/oauth/authorize", None, response_type="code", client_id="relink-app",
            redirect_uri=HOME["redirect_uri"], code_challenge_method="S256",
            code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", decision="allow",
            email=HOME["email"], password=HOME["password"],
        )
        query = requests.utils.urlparse(answer.headers["Location"]).query
        code = dict(pair.split("=", 1) for pair in query.split("&"))["code"]
        return self.post_form(
            "/oauth/token", None, grant_type="authorization_code", code=code,
            redirect_uri=HOME["redirect_uri"], client_id="relink-app", code_verifier=verifier,
        ).json()["access_token"]

    def post_form(self, path, certificate, **form):
        answer = self.browser.post(
            HOME["origin"] + path, data=form, cert=certificate, verify=HOME["ca"], timeout=20,
            allow_redirects=False,
        )
        assert answer.status_code in (200, 303), answer.text
        return answer

    def post_json(self, path, body, token):
        answer = requests.post(
            HOME["origin"] + path, json=body, headers={"Authorization": f"Bearer {token}"},
            verify=HOME["ca"], timeout=20,
        )
        assert answer.status_code == 201, answer.text
        return answer.json()


HOUSEHOLD = Household()


def kind_for(operation):
    """The kind of client that may call it; the document says which."""
    kinds = operation.definition.raw.get("x-client-kinds", ["app"])
    return next(kind for kind in ("app", "camera", "scale") if kind in kinds)


# Asked each time: operations need different tokens, and some calls end one.
@schemathesis.auth(refresh_interval=None)
class Token:
    def get(self, case, context):
        requirements = [set(each) for each in case.operation.definition.raw["security"]]
        if {"adminToken"} in requirements:
            return "Bearer " + HOME["admin_token"]
        if {"accessToken"} in requirements:
            return "Bearer " + HOUSEHOLD.token(kind_for(case.operation))
        if {"resourceServer"} in requirements:
            return HOME["resource_server"]
        return None

    def set(self, case, data, context):
        if data is not None:
            case.headers["Authorization"] = data


def is_positive(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    kind = kind_for(case.operation)
    if kind in CERTIFICATES:
        kwargs["cert"] = CERTIFICATES[kind]
    # A random id is nobody's: half of the time one that is there. In the stateful phase ids come
    # from earlier answers.
    if case.meta.phase.name.value != "stateful" and is_positive(case) and case.operation.path.startswith("/v1/devices/{id}") and os.urandom(1)[0] % 2:
        wanted = "scale" if "measurements" in case.operation.path else "camera"
        HOUSEHOLD.token(wanted)
        case.path_parameters["id"] = HOUSEHOLD.ids[wanted]


@schemathesis.hook
def after_call(context, case, response):
    if case.method == "DELETE" and response.status_code == 204:
        for kind in ("camera", "scale"):
            HOUSEHOLD.tokens.pop(kind, None)
