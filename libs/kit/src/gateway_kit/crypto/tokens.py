"""Short texts that a caller keeps for us, and can neither read nor make."""

import base64
import binascii
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway_kit.crypto.kms import NONCE_BYTES, derive_key, parse_system_key

TOKEN_CHARACTERS_MAX: Final = 3_800
"""A browser keeps 4,096 bytes of a cookie, its name and attributes included."""


class TokenSealer:
    """Seals texts for one purpose (AES-256-GCM). Every process with the same system key opens them; nothing is stored.

    The key is derived from ``SYSTEM_SEARCH_HASH_KEY``, which no rotation replaces and every process has from its start.
    """

    def __init__(self, system_search_hash_key: str, purpose: str) -> None:
        """
        Raises:
            WeakSystemKey: the key is missing, malformed or guessable.
        """
        root = parse_system_key("SYSTEM_SEARCH_HASH_KEY", system_search_hash_key)
        self._cipher = AESGCM(derive_key(root, f"gateway sealed token {purpose} v1"))

    def seal(self, text: str, *, place: str) -> str:
        """A token of letters, digits, ``-`` and ``_`` that opens only at this place, such as a cookie's name."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), place.encode())
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, token: str, *, place: str) -> str | None:
        """The text; None for anything that was not sealed here for this place."""
        if not token.isascii() or len(token) > TOKEN_CHARACTERS_MAX:
            return None
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode()).decode()
        except (binascii.Error, InvalidTag, ValueError):
            return None
