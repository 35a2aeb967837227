"""Fingerprints of the two keys of an installation: a backup holds neither key, and names those that it needs."""

from typing import Final

from gateway_kit.crypto.kms import derive_key, parse_system_key

_CHARACTERS: Final = 16


def fingerprint(name: str, text: str) -> str:
    """Tells two keys apart and nothing else: they are random, so that no guess leads from it to the key.

    Raises:
        WeakSystemKey: the key has a form that no service accepts.
    """
    return derive_key(parse_system_key(name, text), f"gateway backup fingerprint v1 {name}").hex()[:_CHARACTERS]
