"""How a key-management service is reached, and how its credentials are kept."""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway_contracts.config import KmsConfig
from gateway_kit.crypto.additional_data import length_prefixed
from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.crypto.kms import NONCE_BYTES, derive_key, parse_system_key
from gateway_kit.http.outbound import OutboundAnswer


class HttpPost(Protocol):
    """The guarded way out (`gateway_kit.http.outbound.OutboundClient`)."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> OutboundAnswer:
        """
        Raises:
            ForbiddenTarget, OutboundFailed: see there.
        """
        ...


@dataclass(frozen=True)
class KmsAccess:
    """Everything that a connector needs. The credentials are in clear: never stored, never logged."""

    key_id: str
    endpoint: str
    settings: Mapping[str, str]
    credentials: Mapping[str, str] = field(repr=False)


class CredentialBox:
    """Protects the credentials of key-management services by SYSTEM_ENCRYPTION_KEY, without any data key.

    They are bound to the tenant, the generation and the endpoint: a changed record cannot send them elsewhere.
    """

    def __init__(self, system_encryption_key: str) -> None:
        """
        Raises:
            WeakSystemKey: the key is missing, malformed or guessable.
        """
        root = parse_system_key("SYSTEM_ENCRYPTION_KEY", system_encryption_key)
        self._cipher = AESGCM(derive_key(root, "gateway kms credentials v1"))

    def seal(self, config: KmsConfig, credentials: Mapping[str, str]) -> KmsConfig:
        """The record with these credentials."""
        nonce = os.urandom(NONCE_BYTES)
        text = json.dumps(dict(credentials), sort_keys=True).encode()
        sealed = nonce + self._cipher.encrypt(nonce, text, _binding(config))
        return config.model_copy(update={"credentials": base64.b64encode(sealed).decode()})

    def open(self, config: KmsConfig) -> KmsAccess:
        """
        Raises:
            DecryptionFailed: another system key, or the record was changed.
        """
        try:
            sealed = base64.b64decode(config.credentials, validate=True)
            text = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _binding(config))
        except (InvalidTag, ValueError, binascii.Error) as exc:
            raise DecryptionFailed("the credentials of a key-management service do not decrypt") from exc
        return KmsAccess(config.key_id, config.endpoint, config.settings, json.loads(text))


def _binding(config: KmsConfig) -> bytes:
    return length_prefixed(
        "v1",
        "kms credentials",
        config.organization_id,
        str(config.generation),
        config.kms,
        config.key_id,
        config.endpoint,
        json.dumps(config.settings, sort_keys=True),
    )


def kms_key(config: KmsConfig) -> str:
    """Its key in the configuration bucket."""
    return f"kms.{config.organization_id or 'system'}.{config.generation}"
