"""No service starts without proper system keys, and each says in one sentence what to do."""

import os
from pathlib import Path

import pytest

from gateway_testkit.forking import launch_module

MODULES = ["admin_api", "checkout_api", "webhook_ingest", "transaction", "invoice", "ipn", "domains"]
ENVIRONMENT = {
    "ENVIRONMENT": "development",
    "NATS_URL": "nats://127.0.0.1:1",
    "NATS_USER": "x",
    "NATS_PASSWORD": "x",
    "MONGODB_URI": "mongodb://127.0.0.1:1",
    "MONGODB_DATABASE": "x",
    "LIVEZ_PORT": "1",
    "HTTP_PORT": "1",
    "ADMIN_FRONTEND_ORIGIN": "http://a",
    "ADMIN_BACKEND_ORIGIN": "http://b",
    "MAIN_FRONTEND_ORIGIN": "http://c",
    "MAIN_BACKEND_ORIGIN": "http://d",
    "MAIN_FRONTEND_DOMAIN": "c",
}
GOOD = "5d0c4e8fa1b96e27c3f0a4d87b1e62950f3c8ad7e4b1960c2f75d8e3a90b46c1"  # the same in every process of a test run
DEFAULT = "0123456789abcdef" * 4
CASES = [
    # (SYSTEM_ENCRYPTION_KEY, SYSTEM_SEARCH_HASH_KEY, what the message says)
    (None, GOOD, "SYSTEM_ENCRYPTION_KEY is missing; generate one with: openssl rand -hex 32"),
    ("", GOOD, "SYSTEM_ENCRYPTION_KEY is missing"),
    (GOOD[:32], GOOD, "SYSTEM_ENCRYPTION_KEY must be 64 hex digits, not 32"),
    (DEFAULT, GOOD, "SYSTEM_ENCRYPTION_KEY is a default or a pattern"),
    ("0" * 64, GOOD, "SYSTEM_ENCRYPTION_KEY is a default or a pattern"),
    ("changeme", GOOD, "SYSTEM_ENCRYPTION_KEY must be 64 hex digits"),
    (GOOD, None, "SYSTEM_SEARCH_HASH_KEY is missing"),
]


@pytest.mark.integration
@pytest.mark.parametrize("module", MODULES)
def test_every_service_refuses_a_default_key(module: str, tmp_path: Path) -> None:
    keys = {"SYSTEM_ENCRYPTION_KEY": DEFAULT, "SYSTEM_SEARCH_HASH_KEY": GOOD}
    environment = {"PATH": os.environ["PATH"], **ENVIRONMENT, **keys}
    process = launch_module(module, module, log=tmp_path / "log", env=environment)

    assert process.popen.wait(240) != 0
    output = process.log.read_text()
    assert "SYSTEM_ENCRYPTION_KEY is a default or a pattern" in output
    assert DEFAULT not in output, "the value itself is never shown"
    assert GOOD not in output


@pytest.mark.parametrize(("encryption", "search", "message"), CASES)
def test_settings_refuse(
    encryption: str | None, search: str | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway_kit.settings import KitSettings

    for name in ("SYSTEM_ENCRYPTION_KEY", "SYSTEM_SEARCH_HASH_KEY"):
        monkeypatch.delenv(name, raising=False)
    given = {"SYSTEM_ENCRYPTION_KEY": encryption, "SYSTEM_SEARCH_HASH_KEY": search}
    for name, value in {**ENVIRONMENT, **given}.items():
        if value is not None:
            monkeypatch.setenv(name, value)

    with pytest.raises(ValueError, match=message.replace("(", r"\(")) as caught:
        KitSettings()
    if encryption and len(encryption) >= 32:
        assert encryption not in str(caught.value), "the value itself is never shown"
