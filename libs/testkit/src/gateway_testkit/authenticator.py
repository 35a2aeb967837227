"""A software passkey: does what a phone or security key does, with a key in memory."""

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT = 0x01
_VERIFIED = 0x04
_HAS_CREDENTIAL = 0x40
_AAGUID = bytes(16)


@dataclass
class Passkey:
    """One credential of one relying party.

    Attributes:
        origin: of the page that the browser says is asking.
        flags: what the authenticator checked: presence and, usually, the person.
    """

    origin: str
    flags: int = _PRESENT | _VERIFIED
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes = b""
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def id(self) -> str:
        """As browsers write it."""
        return _base64url(self.credential_id)

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer of ``navigator.credentials.create``."""
        self.user_handle = _bytes(options["user"]["id"])
        client_data = self._client_data("webauthn.create", options["challenge"])
        described = _AAGUID + struct.pack(">H", len(self.credential_id)) + self.credential_id + self._cose_key()
        data = self._authenticator_data(options["rp"]["id"], _HAS_CREDENTIAL) + described
        attestation = _cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return self._credential(
            {"clientDataJSON": _base64url(client_data), "attestationObject": _base64url(attestation)}
        )

    def sign_in(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer of ``navigator.credentials.get``."""
        self.count += 1
        client_data = self._client_data("webauthn.get", options["challenge"])
        data = self._authenticator_data(options["rpId"])
        signature = self._key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            {
                "clientDataJSON": _base64url(client_data),
                "authenticatorData": _base64url(data),
                "signature": _base64url(signature),
                "userHandle": _base64url(self.user_handle),
            }
        )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _authenticator_data(self, rp_id: str, more_flags: int = 0) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", self.flags | more_flags, self.count)

    def _cose_key(self) -> bytes:
        point = self._key.public_key().public_numbers()
        # Elliptic curve, ES256, P-256, and the point.
        return _cbor({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": self.id,
            "rawId": self.id,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }


def _cbor(value: Any) -> bytes:
    match value:
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case dict():
            return _head(5, len(value)) + b"".join(_cbor(key) + _cbor(item) for key, item in value.items())
    raise TypeError(type(value).__name__)


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    if number < 256:
        return bytes([major << 5 | 24, number])
    return bytes([major << 5 | 25]) + struct.pack(">H", number)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
