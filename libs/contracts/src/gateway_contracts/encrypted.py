"""How an encrypted value looks inside a document, an event or a configuration record."""

from dataclasses import dataclass
from typing import Annotated, Literal

from gateway_contracts.base import Contract

Purpose = Literal["operational", "records", "system"]


class EncryptedValue(Contract):
    """AES-256-GCM ciphertext of one field, bound to its place by additional data.

    Attributes:
        v: version of the data key.
        p: which key of the organization (``operational`` or ``records``), or ``system``.
        c: base64 of nonce (12 bytes), ciphertext and tag.
    """

    v: int
    p: Purpose = "operational"
    c: str


@dataclass(frozen=True)
class BoundAs:
    """Annotation of a field whose ciphertexts are not bound to its stored path and the organization of its document.

    Attributes:
        name: ``{parent}`` stands for the path of the object that holds the field, ``{0}`` for the name in a map.
        is_system: whether they are encrypted under the system key.
        path: where they lie inside of a field whose type does not say it.
    """

    name: str = ""
    is_system: bool = False
    path: str = ""


@dataclass(frozen=True)
class NotRenewed:
    """Annotation of a field that a rotation of keys leaves: its document ends long before the old key does."""


SystemValue = Annotated[EncryptedValue, BoundAs(is_system=True)]
"""A value under the system key in a document of an organization."""
