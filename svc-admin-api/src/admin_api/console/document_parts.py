"""Parts of a document's page, read one by one: a part that cannot be read does not take the page with it."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from admin_api.console.api import Answer, Refused
from admin_api.console.forms.fields import Row
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor

_ROWS_MAX: Final = 100


@dataclass(frozen=True)
class Part:
    """A list of the API, which is asked for the rows of one document.

    Attributes:
        name: for the page.
        filter: the parameter that takes the document's id.
    """

    name: str
    title: str
    path: str
    rows: str
    filter: str


CREDIT_NOTES: Final = Part("credit_notes", N_("Credit notes"), "/credit-notes", "creditNotes", "invoiceId")
SENDINGS: Final = Part("sendings", N_("Messages"), "/notifications", "notifications", "objectId")


async def read_parts(document: Row, parts: tuple[Part, ...], visitor: Visitor) -> tuple[dict[str, Any], list[str]]:
    """All parts by name, None for those that the visitor may not see; and the titles of those that cannot be read.

    Raises:
        Refused: the session is over.
    """
    read = await asyncio.gather(*(_read(part, document["id"], visitor) for part in parts))
    found = {
        part.name: answer.data[part.rows] if answer and answer.is_ok else None
        for part, answer in zip(parts, read, strict=True)
    }
    return found, [part.title for part, answer in zip(parts, read, strict=True) if answer and not answer.is_ok]


async def _read(part: Part, document_id: str, visitor: Visitor) -> Answer | None:
    if not visitor.may("GET", part.path):
        return None
    answer = await visitor.api.ask("GET", part.path, query={part.filter: document_id, "limit": _ROWS_MAX})
    if answer.status == 401:
        raise Refused(answer)
    return answer
