"""PayPal's certificates and signatures, made without the code under test."""

import asyncio
import base64
import json
import zlib
from datetime import datetime
from functools import cache
from typing import Any

from conformance import NOW
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from gateway_providers.paypal.certificates import Certificates
from gateway_providers.paypal.webhook import PayPalWebhooks
from gateway_simulators.paypal.keys import SigningKey, new_key

URL = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1"


@cache
def a_key(name: str = "messageverificationcerts.paypal.com") -> SigningKey:
    return new_key(name, now=NOW)


def root_of(key: SigningKey) -> Any:
    return x509.load_pem_x509_certificates(key.pem)[1]


class Host:
    """Where certificates are fetched from; remembers who asked."""

    def __init__(self, found: bytes | Exception) -> None:
        self.found = found
        self.asked: list[str] = []

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def certificates(host: Host, key: SigningKey | None = None, **options: Any) -> Certificates:
    """Trust store whose only public root is that of the key."""
    return Certificates(fetch=host.fetch, roots=lambda: [root_of(key or a_key())], **options)


def made_ready(key: SigningKey) -> PayPalWebhooks:
    kept = certificates(Host(key.pem), key)
    asyncio.run(kept.have_ready(URL))
    return PayPalWebhooks(kept)


def signed(body: bytes, webhook_id: str, at: datetime, **changes: str) -> dict[str, str]:
    """Headers as PayPal describes them, made without the code under test."""
    time = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"T-1|{time}|{webhook_id}|{zlib.crc32(body) & 0xFFFFFFFF}"
    signature = a_key().private.sign(text.encode(), PKCS1v15(), SHA256())
    headers = {
        "paypal-transmission-id": "T-1",
        "paypal-transmission-time": time,
        "paypal-transmission-sig": base64.b64encode(signature).decode(),
        "paypal-auth-algo": "SHA256withRSA",
        "paypal-cert-url": URL,
    }
    return headers | {name.replace("_", "-"): value for name, value in changes.items()}


def event(event_type: str, resource: dict[str, Any], **fields: Any) -> bytes:
    whole = {"id": "WH-1", "event_type": event_type, "create_time": "2026-01-15T12:00:00.000Z", "resource": resource}
    return json.dumps(whole | fields).encode()
