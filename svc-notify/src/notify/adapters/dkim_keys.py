"""Keys and signatures of DKIM."""

import base64
import binascii
import logging
from typing import Final

import dkim
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from notify.domain.signing import DkimKey, DkimPair

KEY_BITS: Final = 2048
"""Longer ones do not fit into one string of a record, and some receivers do not verify them."""
_EXPONENT: Final = 65_537
_RELAXED: Final = (b"relaxed", b"relaxed")
# The library writes headers, and so recipients, at the level of debugging.
_QUIET: Final = logging.getLogger("notify.dkim")
_QUIET.setLevel(logging.WARNING)


def new_pair() -> DkimPair:
    """A key of its own, which takes a moment."""
    key = generate_private_key(_EXPONENT, KEY_BITS)
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return DkimPair(_pem(key), base64.b64encode(public).decode())


def read_private_key(text: str) -> str:
    """The PEM form of a key that is given as base64 of DER, on one line.

    Raises:
        ValueError: it is none, or none that receivers verify.
    """
    try:
        key = serialization.load_der_private_key(base64.b64decode(text, validate=True), password=None)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise ValueError("is no private key as base64 of DER") from exc
    if not isinstance(key, RSAPrivateKey) or key.key_size < KEY_BITS:
        raise ValueError(f"is no RSA key of {KEY_BITS} bits or more")
    return _pem(key)


def signed(content: bytes, key: DkimKey) -> bytes:
    """The mail below its signature, which covers the body and all headers that people see."""
    header: bytes = dkim.sign(
        content,
        key.selector.encode(),
        key.domain.encode(),
        key.private_key.encode(),
        canonicalize=_RELAXED,
        logger=_QUIET,
    )
    return header + content


def _pem(key: RSAPrivateKey) -> str:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
