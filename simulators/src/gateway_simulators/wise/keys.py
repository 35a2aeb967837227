"""The key that signs webhooks; it survives a restart, so that who configured its public half goes on."""

import base64

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from gateway_simulators.store import Store


class SigningKey:
    """One RSA key; forgotten with everything else on a reset, and made again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._parsed: tuple[str, RSAPrivateKey] | None = None

    @property
    def public_pem(self) -> str:
        """The key with which a receiver verifies."""
        public = self._private().public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def signature(self, body: bytes) -> str:
        """``X-Signature-SHA256``."""
        return base64.b64encode(self._private().sign(body, PKCS1v15(), SHA256())).decode()

    def _private(self) -> RSAPrivateKey:
        kept = self._store.get("key", "webhook")
        if kept is None:
            made = generate_private_key(65537, 2048)
            pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
            kept = self._store.put("key", "webhook", {"id": "webhook", "pem": pem})
        if self._parsed is None or self._parsed[0] != kept["pem"]:
            key = load_pem_private_key(kept["pem"].encode(), None)
            assert isinstance(key, RSAPrivateKey)
            self._parsed = (kept["pem"], key)
        return self._parsed[1]
