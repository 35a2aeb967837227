"""The register: one row per issued document, each row sealed over the one before it.

A register exists once per organization, mode and kind of document. Changing, removing or reordering any row breaks
the seal of the next one; changing a document breaks the hash that its row holds.
"""

import hashlib
import json
import warnings
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from gateway_contracts.aggregates import Entity, Scope

GENESIS: Final = "0" * 64
"""What the first row of a register names as its predecessor."""


with warnings.catch_warnings():
    # Abstract classes of Python have a method of this name, and pydantic takes the stored field for it.
    warnings.filterwarnings("ignore", 'Field name "register"')

    class Counter(Entity):
        """The highest number that a series has used; ``id`` names the series.

        Attributes:
            register: the register whose documents it numbers.
        """

        register: str
        value: int = 0

        def next_after(self, printed: int, *, start: int) -> "Counter":
            """With the next number.

            Args:
                printed: the highest number that documents with the same text have; a changed reset policy may come
                    back to texts that another counter has printed already.
                start: the first number of a new series.
            """
            first = start if self.value == 0 else 1
            return self.changed(value=max(self.value + 1, printed + 1, first))

    class RegisterRow(Entity):
        """One issued document in the order of issue.

        Attributes:
            id: register and position.
            register: ``<organization>:<test|live>:<kind>``.
            position: 1, 2, 3 … within the register.
            series: the counter that gave the sequence.
            stem: the number without its sequence.
            document_hash: SHA-256 of the document's legal content.
            issued_at: the moment, in UTC.
            previous: the seal of the row before, or `GENESIS`.
            issued_on: the legal date, in ``time_zone``; both None in rows from before there were any.
            correction: None: the issue; else how many corrections the document's texts have by this row.
            seal: see `computed_seal`.
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
        correction: int | None = None
        seal: str = ""

        @property
        def computed_seal(self) -> str:
            """SHA-256 over every other field; one that is None counts as absent, so that older rows keep their seal."""
            fields = {name: value for name, value in dict(self).items() if name not in ("id", "seal")}
            return sha256_of({name: value for name, value in fields.items() if value is not None})

        def sealed(self) -> "RegisterRow":
            """With its seal."""
            return self.changed(seal=self.computed_seal)


class RegisterHead(Entity):
    """Where a register ends; ``id`` names it."""

    position: int = 0
    seal: str = GENESIS

    def followed_by(self, row: RegisterRow) -> "RegisterHead":
        """After the row was appended."""
        return self.changed(position=row.position, seal=row.seal)


def scope_of(register: str) -> tuple[Scope, str]:
    """The tenant whose documents stand in a register, and their kind."""
    organization_id, mode, kind = register.split(":")
    return Scope(organization_id, livemode=mode == "live"), kind


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
