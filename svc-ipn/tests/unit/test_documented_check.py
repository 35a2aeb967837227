"""The checks that docs/integration.md shows to merchants accept what we send, and nothing else, in each language."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway_kit.crypto.signing import new_webhook_secret, x_signature
from gateway_testkit.guide import Guide
from gateway_testkit.stack import REPOSITORY

BODY = '{"id":"66f1","externalReference":"order-ü","status":1}'.encode()
TIMESTAMP, SIGNATURE = "X-Signature-Timestamp", "X-Signature-HMAC-SHA256"
Check = Callable[[str, dict[str, str], bytes], dict[str, Any]]
"""Answers the notification; ValueError with the program's own words otherwise."""

_NODE = """
const input = JSON.parse(process.argv[1]);
try {
  const sent = readNotification(input.secret, input.headers, Buffer.from(input.body, "base64"));
  console.log(JSON.stringify({ sent }));
} catch (error) { console.log(JSON.stringify({ refused: error.message })); }
"""
_PHP = """
$input = json_decode($argv[1], true);
try {
    echo json_encode(['sent' => read_notification($input['secret'], $input['headers'], base64_decode($input['body']))]);
} catch (InvalidArgumentException $error) { echo json_encode(['refused' => $error->getMessage()]); }
"""


def program(language: str) -> str:
    [found] = Guide(REPOSITORY / "docs" / "integration.md").programs(language)
    return found


def python_check() -> Check:
    names: dict[str, Any] = {}
    exec(program("python"), names)  # noqa: S102 - our own page, which merchants copy from
    found: Check = names["read_notification"]
    return found


def foreign_check(command: list[str], rename: Callable[[str], str]) -> Check:
    """The program of another language; ``rename`` is how headers are called there."""

    def check(secret: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        given = {
            "secret": secret,
            "headers": {rename(name): value for name, value in headers.items()},
            "body": base64.b64encode(body).decode(),
        }
        ran = subprocess.run([*command, json.dumps(given)], capture_output=True, text=True, check=True, timeout=60)
        answer: dict[str, Any] = json.loads(ran.stdout)
        if "refused" in answer:
            raise ValueError(answer["refused"])
        sent: dict[str, Any] = answer["sent"]
        return sent

    return check


@pytest.fixture(params=["python", "js", "php"])
def check(request: pytest.FixtureRequest, tmp_path: Path) -> Check:
    if request.param == "python":
        return python_check()
    interpreter = shutil.which({"js": "node", "php": "php"}[request.param])
    if interpreter is None:
        pytest.skip(f"no interpreter for {request.param} on this machine")
    if request.param == "js":
        command = [interpreter, "--input-type=module", "--eval", program("js") + _NODE, "--"]
        return foreign_check(command, str.lower)
    script = tmp_path / "check.php"
    script.write_text(program("php") + _PHP)
    return foreign_check([interpreter, str(script)], lambda name: "HTTP_" + name.upper().replace("-", "_"))


def headers(secret: str, body: bytes, *, age_s: int = 0) -> dict[str, str]:
    timestamp = str(int(time.time()) - age_s)
    return {TIMESTAMP: timestamp, SIGNATURE: x_signature(secret, timestamp, body)}


def test_what_we_send_is_accepted(check: Check) -> None:
    secret = new_webhook_secret()

    assert check(secret, headers(secret, BODY), BODY) == json.loads(BODY)


@pytest.mark.parametrize(
    "forge",
    [
        lambda secret: (secret, headers(secret, BODY), BODY.replace(b"1}", b"3}")),
        lambda secret: (new_webhook_secret(), headers(secret, BODY), BODY),
        lambda secret: (secret, headers(secret, BODY, age_s=3600), BODY),
        lambda secret: (secret, headers(secret, BODY, age_s=-3600), BODY),
        lambda secret: (secret, headers(secret, BODY) | {TIMESTAMP: "1"}, BODY),
        lambda secret: (secret, headers(secret, BODY) | {TIMESTAMP: "soon"}, BODY),
        lambda secret: (secret, headers(secret, BODY) | {SIGNATURE: "ü" * 32}, BODY),
        lambda secret: (secret, {TIMESTAMP: headers(secret, BODY)[TIMESTAMP]}, BODY),
        lambda secret: (secret, {}, BODY),
    ],
    ids=["body", "secret", "old", "early", "timestamp", "no-number", "not-ascii", "unsigned", "no-headers"],
)
def test_anything_else_is_refused(check: Check, forge: Callable[[str], tuple[str, dict[str, str], bytes]]) -> None:
    with pytest.raises(ValueError, match="not a notification of the gateway"):
        check(*forge(new_webhook_secret()))
