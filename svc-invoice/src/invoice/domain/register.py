"""The register: one row per issued document, each row sealed over the one before it.

A register exists once per organization, mode and kind of document. Changing, removing or reordering any row breaks
the seal of the next one; changing a document breaks the hash that its row holds.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

GENESIS: Final = "0" * 64
"""What the first row of a register names as its predecessor."""


@dataclass(frozen=True)
class RegisterRow:
    """One issued document in the order of issue.

    Attributes:
        register: ``<organization>:<test|live>:<kind>``.
        position: 1, 2, 3 … within the register.
        series: the counter that gave the sequence.
        stem: the number without its sequence.
        document_hash: SHA-256 of the document's legal content.
        issued_at: the moment, in UTC.
        previous: the seal of the row before, or `GENESIS`.
        issued_on: the legal date, in ``time_zone``; both None in rows from before there were any.
    """

    register: str
    position: int
    document_id: str
    number: str
    series: str
    stem: str
    sequence: int
    currency: str
    net: int
    vat: int
    total: int
    issued_at: datetime
    document_hash: str
    previous: str
    issued_on: str | None = None
    time_zone: str | None = None

    @property
    def seal(self) -> str:
        """SHA-256 over every field above; one that is None counts as absent, so that older rows keep their seal."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return sha256_of({name: value for name, value in fields.items() if value is not None})


def register_name(organization_id: str, kind: str, *, livemode: bool) -> str:
    """The register, and the first part of the names of its counters."""
    return f"{organization_id}:{'live' if livemode else 'test'}:{kind}"


def sha256_of(content: Mapping[str, Any]) -> str:
    """Hash of a document in one canonical form: sorted keys, no blanks, times in UTC milliseconds."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    raise TypeError(f"a {type(value).__name__} cannot be hashed")
