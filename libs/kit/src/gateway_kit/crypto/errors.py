"""Errors of keys and ciphertexts.

GatewayError
├─ DecryptionFailed   DECRYPTION_FAILED  changed, moved, or encrypted with another key
├─ Conflict
│   └─ KmsRefused     KMS_REFUSED        the key-management service does not (or no longer) let us use the key
└─ Transient
    ├─ KeyUnavailable KEY_UNAVAILABLE    the data key is not (yet, or no longer) in memory
    └─ KmsUnreachable KMS_UNREACHABLE    the key-management service gives no usable answer
ValueError
└─ WeakSystemKey      refused at start
"""

from typing import ClassVar

from gateway_contracts.errors import Conflict, GatewayError, Transient


class DecryptionFailed(GatewayError):
    """The ciphertext does not belong here, was changed, or belongs to another key."""

    default_code: ClassVar[str] = "DECRYPTION_FAILED"


class KeyUnavailable(Transient):
    """No usable data key for this organization and purpose."""

    default_code: ClassVar[str] = "KEY_UNAVAILABLE"


class KmsRefused(Conflict):
    """Its owner disabled, deleted or withdrew the key; ``reason`` is the service's own word for it."""

    default_code: ClassVar[str] = "KMS_REFUSED"


class KmsUnreachable(Transient):
    """No answer, an answer that says "later", or credentials that it does not know; says nothing about the key."""

    default_code: ClassVar[str] = "KMS_UNREACHABLE"


class WeakSystemKey(ValueError):
    """A system key that must not be used; the message says what to do."""
