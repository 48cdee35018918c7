"""A device of somebody else (examples/device.py) against the cloud, and ours against their tools."""

import subprocess
import sys

import pytest
from conftest import BIN, ROOT
from device import Device, NoAnswer, payload_fields
from test_app import log_in


@pytest.fixture
def device(cloud, owner, tmp_path):
    prefix = str(tmp_path / "my-device")
    cloud.run(
        "certificate", "device", "--out", prefix, "--development-ca", str(cloud.authority_folder)
    )
    return Device(cloud.origin, cloud.authority, prefix, prefix + ".token")


def payload(cloud, owner):
    return cloud.run(
        "payload", "--cloud", cloud.origin, "--ca", cloud.authority, "--email", owner["email"],
        "--ssid", "Home", "--nickname", "theirs",
    ).strip()


def test_pairs_rotates_is_logged_out_and_links_again(cloud, owner, device):
    text = payload(cloud, owner)
    status, answer = device.pair(text)
    assert status == 200
    identity = answer["device_id"]
    assert device.step() == "heartbeat"

    # A lost response: the same token again gives the same successor.
    first = device.stored()
    _, once = device.refresh()
    device.store(first)
    _, twice = device.refresh()
    assert once["refresh_token"] == twice["refresh_token"] != first
    assert device.step() == "heartbeat"

    cloud.operator("POST", "/logout", json={"scope": "everyone"})
    assert device.step() == "heartbeat refused: logged_out"
    assert device.step() == "refresh refused: logged_out"
    assert device.step() == "link refused: authorization_pending"
    log_in(cloud, owner)
    assert device.step() == "linked again"
    assert device.step() == "heartbeat"
    known = cloud.operator("GET", "/status")["devices"]
    assert [(d["id"], d["nickname"], d["session"]) for d in known] == [(identity, "theirs", "live")]


def test_pairing_token_is_for_one_device(cloud, owner, device, tmp_path):
    text = payload(cloud, owner)
    assert device.pair(text)[0] == 200
    prefix = str(tmp_path / "other")
    cloud.run(
        "certificate", "device", "--out", prefix, "--development-ca", str(cloud.authority_folder)
    )
    status, answer = Device(cloud.origin, cloud.authority, prefix, prefix + ".token").pair(text)
    assert (status, answer["error"], answer["reason"]) == (
        400, "invalid_grant", "pairing_token_used",
    )


@pytest.mark.parametrize("malformed", ["truncated", "not_json", "wrong_type", "empty"])
def test_lives_on_after_an_answer_that_is_none(cloud, owner, device, malformed):
    assert device.pair(payload(cloud, owner))[0] == 200
    first = device.stored()
    for endpoint in ["POST /v1/device/heartbeat", "POST /oauth/token"]:
        for deed in [{"malformed": malformed, "phase": "before_commit"}, {"status": 503}]:
            cloud.operator("POST", "/faults", json={"endpoint": endpoint, **deed})
            if endpoint == "POST /oauth/token":
                device.access_token = None
            with pytest.raises(NoAnswer):
                device.step()
            assert device.stored() == first
    # The refresh that was answered with nonsense is sent again.
    cloud.operator("POST", "/faults", json={"endpoint": "/oauth/token", "malformed": malformed})
    with pytest.raises(NoAnswer):
        device.step()
    assert device.step() == "refreshed"
    assert device.step() == "heartbeat"


def test_waits_for_a_cloud_that_does_not_listen(cloud, owner, device, tmp_path):
    text = payload(cloud, owner)
    assert payload_fields(text)["C"] == cloud.origin
    program = [
        sys.executable, ROOT / "examples" / "device.py", "--ca", cloud.authority,
        "--certificate", tmp_path / "my-device", "--token-file", tmp_path / "token",
        "--payload", text, "--turns", "2", "--interval", "0.1",
    ]
    paired = subprocess.run(program, capture_output=True, text=True, timeout=30)
    assert paired.stdout.startswith("paired as ") and paired.stdout.endswith("heartbeat\n" * 2)
    assert (paired.returncode, paired.stderr) == (0, "")
    cloud.stop()
    alone = subprocess.run(program, capture_output=True, text=True, timeout=30)
    lines = alone.stdout.splitlines()
    assert len(lines) == 2 and all("Connection refused" in line for line in lines)
    assert (alone.returncode, alone.stderr) == (0, "")


@pytest.mark.parametrize("version, works", [("-tls1_3", True), ("-tls1_2", False)])
def test_tls_version(cloud, version, works):
    port = str(cloud.address["port"])
    result = subprocess.run(
        ["openssl", "s_client", version, "-connect", "127.0.0.1:" + port, "-CAfile",
         cloud.authority, "-verify_return_error", "-verify_ip", "127.0.0.1"],
        input=b"", capture_output=True, timeout=10,
    )
    assert (result.returncode == 0) is works, result.stderr


def test_curl_reads_the_push_channel_to_the_logout(cloud, owner):
    session, _ = log_in(cloud, owner)
    curl = subprocess.Popen(
        ["curl", "-sN", "--max-time", "20", "--cacert", cloud.authority, "-H",
         "Authorization: Bearer " + session.token["access_token"], cloud.origin + "/v1/events"],
        stdout=subprocess.PIPE, text=True,
    )
    try:
        assert curl.stdout.readline() == "event: ready\n"
        cloud.run(
            "logout", "account", owner["email"], "--admin-port", str(cloud.address["admin_port"]),
            "--admin-token-file", cloud.address["admin_token_file"], "--reason", "a test",
        )
        rest = curl.stdout.read()
        assert "event: logged_out\n" in rest and "a test" in rest
        assert curl.wait(timeout=10) == 0
    finally:
        curl.kill()
        curl.wait()


def test_a_device_of_ours_pairs_by_command_line(cloud, owner, tmp_path):
    process = subprocess.Popen(
        [BIN / "relink-device", "camera", "--cloud", cloud.origin, "--ca", cloud.authority,
         "--development-ca", cloud.authority_folder, "--flash", tmp_path / "camera.flash",
         "--world", tmp_path / "w", "--network", "Home", "--payload", payload(cloud, owner),
         "--exit-with-parent"],
        stdout=subprocess.PIPE, text=True,
    )
    try:
        states = (line for line in process.stdout if '"event":"state"' in line)
        assert any('"to":"online"' in line for line in states)
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0
