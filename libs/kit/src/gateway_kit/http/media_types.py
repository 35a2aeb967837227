"""Media type and coding of a body, from the head of the request."""

import email.message
from typing import Final

from starlette.datastructures import Headers

from gateway_contracts.errors import UnsupportedMedia

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"


def require_media_type(headers: Headers, wanted: str) -> None:
    """For requests that have a body. Upper case and parameters make no difference, ``+json`` is JSON, and JSON is
    UTF-8 whatever ``charset`` says (RFC 8259).

    Raises:
        UnsupportedMedia: another type, no type, two of them, or a compressed body.
    """
    types = headers.getlist("content-type")
    if len(types) != 1 or not _is(types[0], wanted):
        raise UnsupportedMedia(f"send the body with Content-Type: {wanted}")
    codings = {coding.strip().lower() for line in headers.getlist("content-encoding") for coding in line.split(",")}
    if not codings <= {"", "identity"}:
        raise UnsupportedMedia("send the body without Content-Encoding: compressed bodies are not read")


def has_media_type(headers: Headers, wanted: str) -> bool:
    """Whether the request names this type."""
    return _is(headers.get("content-type", ""), wanted)


def _is(content_type: str, wanted: str) -> bool:
    # Read as FastAPI reads it, so that no body is JSON for one of us only.
    message = email.message.Message()
    message["content-type"] = content_type
    found = message.get_content_type()
    return found == wanted or (wanted == JSON and found.startswith("application/") and found.endswith("+json"))
