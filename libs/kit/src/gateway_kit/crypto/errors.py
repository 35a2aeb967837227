"""What goes wrong with keys and ciphertexts.

GatewayError
├─ DecryptionFailed   DECRYPTION_FAILED  changed, moved, or encrypted with another key
└─ Transient
    └─ KeyUnavailable KEY_UNAVAILABLE    the data key is not (yet, or no longer) in memory
ValueError
└─ WeakSystemKey      refused at start
"""

from typing import ClassVar

from gateway_contracts.errors import GatewayError, Transient


class DecryptionFailed(GatewayError):
    """The ciphertext does not belong here, was changed, or belongs to another key."""

    default_code: ClassVar[str] = "DECRYPTION_FAILED"


class KeyUnavailable(Transient):
    """No usable data key for this organization and purpose."""

    default_code: ClassVar[str] = "KEY_UNAVAILABLE"


class WeakSystemKey(ValueError):
    """A system key that must not be used; the message says what to do."""
