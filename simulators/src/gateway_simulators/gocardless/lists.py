"""Pages of resources: newest first, by cursor."""

from collections.abc import Callable
from typing import Final

from gateway_simulators.gocardless.context import Call
from gateway_simulators.gocardless.errors import invalid
from gateway_simulators.store import Json

_MAX: Final = 500
# The names of filters, and where the value stands in the resource.
_FILTERS: Final[dict[str, dict[str, str]]] = {
    "billing_requests": {"status": "status", "customer": "links.customer"},
    "customers": {"currency": "_currency"},
    "customer_bank_accounts": {"customer": "links.customer", "enabled": "enabled"},
    "payments": {
        "creditor": "links.creditor",
        "currency": "currency",
        "customer": "_customer",
        "mandate": "links.mandate",
        "status": "status",
    },
    "payouts": {"creditor": "links.creditor", "currency": "currency", "payout_type": "payout_type", "status": "status"},
    "refunds": {"payment": "links.payment", "mandate": "links.mandate"},
    "mandates": {
        "creditor": "links.creditor",
        "customer": "links.customer",
        "customer_bank_account": "links.customer_bank_account",
        "reference": "reference",
        "scheme": "scheme",
        "status": "status",
    },
    "single": {
        "action": "action",
        "billing_request": "links.billing_request",
        "mandate": "links.mandate",
        "payment": "links.payment",
        "payout": "links.payout",
        "refund": "links.refund",
        "resource_type": "resource_type",
    },
}


def page(call: Call, kind: str) -> tuple[list[Json], Json]:
    """The wanted entries and the ``meta`` of the answer. ``after`` is the last id of the page before, ``before`` the
    first id of the page after.

    Raises:
        ApiError: the limit is out of bounds, or both cursors are given.
    """
    return limited(call, [entry for entry in call.mine(kind) if _fits(call, entry, kind)])


def limited(call: Call, found: list[Json]) -> tuple[list[Json], Json]:
    """The wanted page of these entries and the ``meta`` of the answer.

    Raises:
        ApiError: the limit is out of bounds, or both cursors are given.
    """
    limit = _limit(call)
    ids = [entry["id"] for entry in found]
    after, before = call.query.get("after"), call.query.get("before")
    if after and before:
        raise invalid("after", "cannot be given together with before")
    begin = ids.index(after) + 1 if after in ids else 0
    end = begin + limit
    if before in ids:
        end = ids.index(before)
        begin = max(0, end - limit)
    chosen = found[begin:end]
    more, earlier = end < len(found), begin > 0
    cursors = {
        "before": chosen[0]["id"] if chosen and earlier else None,
        "after": chosen[-1]["id"] if chosen and more else None,
    }
    return chosen, {"cursors": cursors, "limit": limit}


def whole(entries: list[Json]) -> Json:
    """The ``meta`` of entries that are all there are."""
    return {"cursors": {"before": None, "after": None}, "limit": max(50, len(entries))}


def _limit(call: Call) -> int:
    text = call.query.get("limit", "50")
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    if not 1 <= limit <= _MAX:
        raise invalid("limit", f"must be between 1 and {_MAX}")
    return limit


def _fits(call: Call, entry: Json, kind: str) -> bool:
    made = str(entry["created_at"])
    bounds: dict[str, Callable[[str], bool]] = {
        "created_at[gt]": lambda bound: made > bound,
        "created_at[gte]": lambda bound: made >= bound,
        "created_at[lt]": lambda bound: made < bound,
        "created_at[lte]": lambda bound: made <= bound,
    }
    if not all(check(call.query[name]) for name, check in bounds.items() if name in call.query):
        return False
    filters = _FILTERS[kind]
    wanted = {filters[name]: value for name, value in call.query.items() if name in filters}
    return all(_matches(call, entry, path, value) for path, value in wanted.items())


def _matches(call: Call, entry: Json, path: str, wanted: str) -> bool:
    if path == "_customer":
        mandate = call.world.store.get("mandates", entry["links"].get("mandate", ""))
        return mandate is not None and mandate["links"]["customer"] == wanted
    if path == "_currency":
        accounts = [each for each in call.mine("customer_bank_accounts") if each["links"]["customer"] == entry["id"]]
        return any(each["currency"] == wanted for each in accounts)
    first, _, rest = path.partition(".")
    value = entry[first].get(rest) if rest else entry.get(first)
    text = str(value).lower() if isinstance(value, bool) else value
    return text in wanted.split(",")
