"""Signatures of notifications: one body, two header sets."""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - a public prefix
_SECRET_BYTES: Final = 32


def new_webhook_secret() -> str:
    """``whsec_`` and base64 of 32 random bytes."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def x_signature(secret: str, timestamp: int | str, body: bytes) -> str:
    """Hex HMAC-SHA256 over ``{timestamp}.{body}``; the key is the whole text of the secret, prefix included."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def standard_webhook_signature(secret: str, message_id: str, timestamp: int | str, body: bytes) -> str:
    """One signature of the ``webhook-signature`` header: ``v1,<base64>``.

    Raises:
        ValueError: the secret is not ``whsec_`` and base64.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(_secret_bytes(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def _secret_bytes(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as exc:
        raise ValueError("a webhook secret is whsec_ followed by base64") from exc
