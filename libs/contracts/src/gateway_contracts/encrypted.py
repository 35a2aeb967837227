"""How an encrypted value looks inside a document, an event or a configuration record."""

from dataclasses import dataclass
from typing import Literal

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
    """Annotation of a field whose ciphertext is bound to another name than its stored path.

    Attributes:
        name: ``{parent}`` stands for the path of the object that holds the field.
    """

    name: str
