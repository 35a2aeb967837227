"""Nothing personal and no secret reaches a log line."""

import subprocess
import sys

import pytest
from pydantic import SecretStr

from gateway_kit.logging import redact


@pytest.mark.parametrize(
    "text",
    [
        "buyer@example.com",
        "card 4242 4242 4242 4242 declined",
        "4000000000000002",
        "to DE89 3704 0044 0532 0130 00 please",
        "DE89370400440532013000",
        "key sk_test_abc123.def456",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "pi_3Nabc_secret_xyz",
    ],
)
def test_values_that_look_sensitive_are_removed(text: str) -> None:
    cleaned = redact(f"before {text} after")
    assert "[redacted]" in cleaned
    for word in text.split():
        if any(character.isdigit() for character in word) or "@" in word:
            assert word not in cleaned


@pytest.mark.parametrize("key", ["Authorization", "set-cookie", "customerEmail", "webhook_secret", "iban", "api_token"])
def test_fields_with_sensitive_names_are_removed(key: str) -> None:
    assert redact({key: "anything", "kept": [1, "text"]}) == {key: "[redacted]", "kept": [1, "text"]}


@pytest.mark.parametrize("library", ["httpx", "httpcore", "aiohttp.access"])
def test_libraries_write_no_addresses_of_requests(library: str) -> None:
    """A query holds search texts and e-mail addresses, and nothing recognises them once they are percent-encoded."""
    code = (
        "import logging; from gateway_kit.logging import configure_logging; configure_logging('a', 'INFO');"
        f"logging.getLogger('{library}').info('GET /transactions?email=jane%40example.com')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")


def test_secrets_of_settings_are_removed() -> None:
    assert redact(["x", SecretStr("hunter2")]) == ["x", "[redacted]"]


@pytest.mark.parametrize(
    "text", ["invoice.issued", "6560a1b2c3d4e5f6a7b8c9d3", "INV-2026-00001", "2026-11-23T05:31:37Z"]
)
def test_ids_and_numbers_stay(text: str) -> None:
    assert redact(text) == text
