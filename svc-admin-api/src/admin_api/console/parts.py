"""Parts of an object's page, read one by one: a part that cannot be read does not take the page with it."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from admin_api.console.api import Refused
from admin_api.console.visitor import Visitor

_ROWS_MAX: Final = 100


@dataclass(frozen=True)
class Part:
    """One answer of the API about an object.

    Attributes:
        name: for the page.
        path: of the operation, as the API declares it.
        rows: the field of the answer that holds the rows; None: the answer itself.
        filter: the parameter of a list that takes the object's id; None: the path names the object.
    """

    name: str
    title: str
    path: str
    rows: str | None = None
    filter: str | None = None


async def read_parts(
    parts: tuple[Part, ...], object_id: str, visitor: Visitor, **ids: str
) -> tuple[dict[str, Any], list[str]]:
    """All parts by name, None for those that the visitor may not see; and the titles of those that cannot be read.

    Args:
        object_id: for the filters of lists.
        ids: for the names in paths.

    Raises:
        Refused: the session is over.
    """
    read = await asyncio.gather(*(_read(part, object_id, visitor, ids) for part in parts))
    found = {part.name: data for part, (data, _) in zip(parts, read, strict=True)}
    return found, [part.title for part, (_, is_missing) in zip(parts, read, strict=True) if is_missing]


async def _read(part: Part, object_id: str, visitor: Visitor, ids: dict[str, str]) -> tuple[Any, bool]:
    if not visitor.may("GET", part.path):
        return None, False
    query = {part.filter: object_id, "limit": _ROWS_MAX} if part.filter else None
    answer = await visitor.api.ask("GET", part.path.format(**ids), query=query)
    if answer.status == 401:
        raise Refused(answer)
    if not answer.is_ok:
        return None, True
    return (answer.data if part.rows is None else answer.data[part.rows]), False
