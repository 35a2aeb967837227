"""The text form of API keys: ``sk_<mode>_<keyId>.<secret>``, where the secret ends in a checksum.

The checksum lets scanners recognize a leaked key and lets us refuse a mistyped one without asking the database.
"""

import secrets
import string
import zlib
from dataclasses import dataclass
from typing import Final, Literal

from gateway_contracts.ids import is_object_id

KeyMode = Literal["test", "live", "sys"]
_MODES: Final[dict[str, KeyMode]] = {"test": "test", "live": "live", "sys": "sys"}
_ALPHABET: Final = string.digits + string.ascii_letters
_SECRET_CHARACTERS: Final = 43  # 43 * log2(62) = 256 bits
_CHECKSUM_CHARACTERS: Final = 6


@dataclass(frozen=True)
class ApiKeyText:
    """A key as its owner holds it. Never stored, never logged."""

    mode: KeyMode
    key_id: str
    secret: str

    def __str__(self) -> str:
        return f"sk_{self.mode}_{self.key_id}.{self.secret}"

    def __repr__(self) -> str:
        return f"ApiKeyText(sk_{self.mode}_{self.key_id}.…)"


def new_api_key(mode: KeyMode, key_id: str) -> ApiKeyText:
    """A key with 256 random bits."""
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_CHARACTERS))
    return ApiKeyText(mode, key_id, random + _checksum(f"sk_{mode}_{key_id}.{random}"))


def parse_api_key(text: str) -> ApiKeyText | None:
    """The parts of a key, or None if it does not have the form of one (wrong prefix, id, length or checksum)."""
    name, _, secret = text.partition(".")
    prefix, _, rest = name.partition("_")
    mode, _, key_id = rest.partition("_")
    if prefix != "sk" or mode not in _MODES or not is_object_id(key_id):
        return None
    if len(secret) != _SECRET_CHARACTERS + _CHECKSUM_CHARACTERS or not secret.isascii():
        return None
    if _checksum(f"{name}.{secret[:-_CHECKSUM_CHARACTERS]}") != secret[-_CHECKSUM_CHARACTERS:]:
        return None
    return ApiKeyText(_MODES[mode], key_id, secret)


def _checksum(text: str) -> str:
    number = zlib.crc32(text.encode())
    digits = ""
    for _ in range(_CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
