"""The ``Stripe-Signature`` header: HMAC-SHA256 over timestamp, dot and body, keyed with the whole secret text."""

import hmac


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The lower-case hex digest of scheme ``v1``."""
    return hmac.new(secret.encode(), str(timestamp).encode() + b"." + body, "sha256").hexdigest()


def signature_header(secret: str, timestamp: int, body: bytes) -> str:
    """``t=<unix seconds>,v1=<digest>``."""
    return f"t={timestamp},v1={signature(secret, timestamp, body)}"
