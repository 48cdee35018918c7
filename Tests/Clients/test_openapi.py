"""The documents of both listeners are valid OpenAPI 3.1."""

import subprocess

import pytest
import requests
from conftest import BIN, ROOT
from openapi_spec_validator import OpenAPIV31SpecValidator


@pytest.mark.parametrize("listener", ["public", "admin"])
def test_document_is_valid(cloud, listener):
    admin = f"http://127.0.0.1:{cloud.address['admin_port']}"
    origin = {"public": cloud.origin, "admin": admin}[listener]
    document = requests.get(origin + "/openapi.json", verify=cloud.authority, timeout=10).json()
    assert document["openapi"].startswith("3.1.")
    errors = [f"{'/'.join(map(str, e.path))}: {e.message}"
              for e in OpenAPIV31SpecValidator(document).iter_errors()]
    assert errors == []


def test_a_mistake_in_the_document_is_found(cloud):
    document = requests.get(
        cloud.origin + "/openapi.json", verify=cloud.authority, timeout=10
    ).json()
    del document["paths"]["/v1/devices/{id}"]["get"]["parameters"]
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) != []


def test_reference_is_up_to_date():
    text = subprocess.run(
        [BIN / "relink", "api", "reference"], check=True, capture_output=True, text=True, timeout=30
    ).stdout
    assert (ROOT / "docs" / "api.md").read_text() == text, "run `make docs`"
