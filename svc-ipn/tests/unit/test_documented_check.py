"""The check that docs/integration.md shows to merchants accepts what we send, and nothing else."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from gateway_kit.crypto.signing import new_webhook_secret, x_signature
from gateway_testkit.stack import REPOSITORY

BODY = '{"id":"66f1","externalReference":"order-ü","status":1}'.encode()
Check = Callable[[str, dict[str, str], bytes], dict[str, Any]]


@pytest.fixture(scope="module")
def check() -> Check:
    page = (REPOSITORY / "docs" / "integration.md").read_text()
    _, _, rest = page.partition("```python\n")
    program, _, _ = rest.partition("```")
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 - our own page, which merchants copy from
    found: Check = names["read_notification"]
    return found


def headers(secret: str, body: bytes, *, age_s: int = 0) -> dict[str, str]:
    timestamp = str(int(time.time()) - age_s)
    return {"X-Signature-Timestamp": timestamp, "X-Signature-HMAC-SHA256": x_signature(secret, timestamp, body)}


def test_what_we_send_is_accepted(check: Check) -> None:
    secret = new_webhook_secret()

    assert check(secret, headers(secret, BODY), BODY)["status"] == 1


def test_another_body_secret_or_age_is_refused(check: Check) -> None:
    secret = new_webhook_secret()
    genuine = headers(secret, BODY)

    for wrong_secret, wrong_headers, wrong_body in (
        (secret, genuine, BODY.replace(b"1}", b"3}")),
        (new_webhook_secret(), genuine, BODY),
        (secret, headers(secret, BODY, age_s=3600), BODY),
        (secret, genuine | {"X-Signature-Timestamp": str(int(genuine["X-Signature-Timestamp"]) - 1)}, BODY),
    ):
        with pytest.raises(ValueError, match="not a notification"):
            check(wrong_secret, wrong_headers, wrong_body)
