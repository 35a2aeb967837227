"""Pages: newest first, with links to the next one."""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request

from gateway_simulators.mollie import fields, links
from gateway_simulators.mollie.context import Call
from gateway_simulators.mollie.errors import ApiError, not_found
from gateway_simulators.store import Json

_DEFAULT: Final = 50
_MAX: Final = 250


def page(call: Call, request: Request, name: str, entries: list[Json], shown: Callable[[Json], Json]) -> Json:
    """``from`` is the id of the first entry wanted, ``limit`` how many there are on a page.

    Args:
        name: of the entries in the answer.
        entries: newest first.

    Raises:
        ApiError: a parameter is unknown or wrong.
    """
    fields.refuse_unknown(dict(call.query), fields.PAGE, part="query")
    limit = _limit(call)
    if call.query.get("sort", "desc").lower() == "asc":
        entries = entries[::-1]
    start = _start(call, name, entries)
    chosen = entries[start : start + limit]
    base = f"{call.world.origin}{request.url.path}"

    def link(index: int) -> Json | None:
        if not 0 <= index < len(entries):
            return None
        kept = {key: value for key, value in call.query.items() if key not in ("from", "limit")}
        query = "&".join(
            f"{key}={value}" for key, value in {"from": entries[index]["id"], "limit": limit, **kept}.items()
        )
        return links.hal(f"{base}?{query}")

    return {
        "count": len(chosen),
        "_embedded": {name: [shown(entry) for entry in chosen]},
        "_links": {
            "self": links.hal(f"{base}?limit={limit}"),
            "previous": link(max(start - limit, 0)) if start else None,
            "next": link(start + limit),
            "documentation": links.documentation(f"list-{name}"),
        },
    }


def _limit(call: Call) -> int:
    text = call.query.get("limit", str(_DEFAULT))
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    if not 1 <= limit <= _MAX:
        raise ApiError(400, f"The limit is from 1 to {_MAX}", field="limit")
    return limit


def _start(call: Call, name: str, entries: list[Json]) -> int:
    wanted = call.query.get("from")
    if not wanted:
        return 0
    for index, entry in enumerate(entries):
        if entry["id"] == wanted:
            return index
    raise not_found(name, wanted)
