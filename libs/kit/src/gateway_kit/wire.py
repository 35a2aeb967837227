"""JSON on the bus: UTF-8 without escapes, measured in bytes before it is sent."""

import json
from typing import Any, Final

from gateway_contracts.errors import GatewayError, Invalid
from gateway_contracts.rpc import HEADER_ERROR

ERROR_BYTES_MAX: Final = 32 * 1024
"""The body of an error reply; a larger one loses its facts and details."""
_SHORT: Final = 300
_DETAILS_MAX: Final = 20
_HEADER_CHARS_MAX: Final = 128
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def json_bytes(value: object) -> bytes:
    """
    Raises:
        Invalid: a text that UTF-8 cannot hold (half of a surrogate pair), or a number that JSON cannot hold.
    """
    try:
        return _ENCODER.encode(value).encode()
    except (ValueError, RecursionError) as exc:
        # The error's text quotes the value, which may be personal data.
        raise Invalid("a text or number cannot be written as JSON in UTF-8", code="NOT_ENCODABLE") from exc


def header_text(value: str) -> str:
    """The value as a header: printable ASCII, at most 128 characters."""
    text = value if value.isascii() and value.isprintable() else value.encode("ascii", "backslashreplace").decode()
    return text[:_HEADER_CHARS_MAX]


def error_reply(error: GatewayError) -> tuple[dict[str, str], bytes]:
    """Headers and body of a typed error; they can always be sent, whatever the error holds."""
    headers = {HEADER_ERROR: header_text(error.code)}
    wire = error.to_wire()
    try:
        body = _lossy(wire)
        if len(body) <= ERROR_BYTES_MAX:
            return headers, body
    except (TypeError, ValueError, RecursionError):
        pass  # a fact that JSON cannot hold
    short = {
        "code": header_text(error.code),
        "message": error.message[:_SHORT],
        "details": [{name: text[:_SHORT] for name, text in item.items()} for item in wire["details"][:_DETAILS_MAX]],
        "data": {},
    }
    return headers, _lossy(wire | short)


def _lossy(wire: dict[str, Any]) -> bytes:
    """A character that UTF-8 cannot hold becomes a question mark: an error must arrive."""
    return json.dumps(wire, ensure_ascii=False, default=str, separators=(",", ":")).encode("utf-8", "replace")
