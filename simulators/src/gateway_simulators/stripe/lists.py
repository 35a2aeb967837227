"""Pages of objects: lists with cursors, and the search by metadata."""

import re
from typing import Final

from gateway_simulators.store import Json
from gateway_simulators.stripe import forms
from gateway_simulators.stripe.context import Call
from gateway_simulators.stripe.errors import ApiError, missing, no_such

PAGE_PARAMS: Final = frozenset({"created", "ending_before", "expand", "limit", "starting_after"})
SEARCH_PARAMS: Final = frozenset({"expand", "limit", "page", "query"})
_CLAUSE: Final = re.compile(
    r"""\s*(?:(?P<field>metadata)\[(?P<q>["'])(?P<key>.*?)(?P=q)\]|(?P<name>[a-z_]+))\s*
        (?P<op>:|>=|<=|>|<)\s*(?P<q2>["']?)(?P<value>[^"']*?)(?P=q2)\s*(?:AND|$)""",
    re.VERBOSE,
)


def page(call: Call, entries: list[Json], url: str) -> Json:
    """``limit`` (10, at most 100), ``starting_after``, ``ending_before`` and ``created`` over newest-first entries.

    Raises:
        ApiError: a cursor or a number is wrong.
    """
    entries = [entry for entry in entries if _in_time(call, entry)]
    limit = _limit(call)
    after, before = forms.text(call.params, "starting_after"), forms.text(call.params, "ending_before")
    if after:
        entries = entries[_position(entries, after, "starting_after") + 1 :]
    if before:
        entries = entries[: _position(entries, before, "ending_before")]
        chosen = entries[-limit:]
    else:
        chosen = entries[:limit]
    return {"object": "list", "data": chosen, "has_more": len(entries) > len(chosen), "url": url}


def search(call: Call, entries: list[Json], url: str) -> Json:
    """``query`` such as ``metadata['order']:'42' AND status:'succeeded'``, newest first.

    Raises:
        ApiError: the query cannot be read.
    """
    query = forms.text(call.params, "query")
    if query is None:
        raise missing("query")
    clauses = _clauses(query)
    found = [entry for entry in entries if all(_matches(entry, *clause) for clause in clauses)]
    start = int(page_text) if (page_text := forms.text(call.params, "page") or "").isdigit() else 0
    end = start + _limit(call)
    more = end < len(found)
    return {
        "object": "search_result",
        "data": found[start:end],
        "has_more": more,
        "next_page": str(end) if more else None,
        "url": url,
    }


def _limit(call: Call) -> int:
    limit = forms.integer(call.params, "limit")
    limit = 10 if limit is None else limit
    if not 1 <= limit <= 100:
        raise ApiError(400, "limit is from 1 to 100.", code="parameter_invalid_integer", param="limit")
    return limit


def _position(entries: list[Json], object_id: str, param: str) -> int:
    for position, entry in enumerate(entries):
        if entry["id"] == object_id:
            return position
    raise no_such("object", object_id, param)


def _in_time(call: Call, entry: Json) -> bool:
    bounds = call.params.get("created")
    if isinstance(bounds, str):
        return bool(entry["created"] == forms.integer(call.params, "created"))
    if not isinstance(bounds, dict):
        return True
    return all(_compare(entry["created"], operator, forms.required_integer(bounds, operator)) for operator in bounds)


def _compare(value: int, operator: str, bound: int) -> bool:
    comparisons = {"gt": value > bound, "gte": value >= bound, "lt": value < bound, "lte": value <= bound}
    if operator not in comparisons:
        raise ApiError(400, f"Invalid operator: {operator}", param="created")
    return comparisons[operator]


def _clauses(query: str) -> list[tuple[str, str, str]]:
    clauses, position = [], 0
    while position < len(query):
        match = _CLAUSE.match(query, position)
        if match is None or match.end() == position:
            raise ApiError(400, "The search query could not be parsed.", param="query")
        name = f"metadata.{match['key']}" if match["field"] else match["name"]
        clauses.append((name, match["op"], match["value"]))
        position = match.end()
    return clauses


def _matches(entry: Json, name: str, operator: str, value: str) -> bool:
    head, _, key = name.partition(".")
    found = entry.get("metadata", {}).get(key) if head == "metadata" else entry.get(head)
    if operator == ":":
        return found is not None and str(found).lower() == value.lower()
    if not isinstance(found, int) or not value.isdigit():
        return False
    return _compare(found, {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}[operator], int(value))
