"""``expand[]``: ids in an answer replaced by what they name, up to four levels deep."""

from typing import Any, Final

from gateway_simulators.store import Json
from gateway_simulators.stripe.context import Call
from gateway_simulators.stripe.errors import ApiError
from gateway_simulators.stripe.events import public
from gateway_simulators.stripe.forms import Params

Tree = dict[str, "Tree"]
"""Fields to expand, each with what is to be expanded inside it."""

_DEPTH_MAX: Final = 4
# What this simulator never fills: the field may be named, and stays null.
_EMPTY: Final = ""
_LISTED: Final = "refunds"
_SOURCE: Final = "source"
_SOURCES: Final = {"ch_": "charge", "re_": "refund", "dp_": "dispute"}
_FIELDS: Final[dict[str, dict[str, str]]] = {
    "payment_intent": {
        "latest_charge": "charge",
        "payment_method": "payment_method",
        **dict.fromkeys(("application", "customer", "on_behalf_of", "payment_record", "review", "source"), _EMPTY),
    },
    "charge": {
        "balance_transaction": "balance_transaction",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "refunds": _LISTED,
        **dict.fromkeys(("application", "application_fee", "customer", "on_behalf_of"), _EMPTY),
        **dict.fromkeys(("review", "source_transfer", "transfer"), _EMPTY),
    },
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "payment_method": "payment_method",
        **dict.fromkeys(("customer", "source_transfer_reversal", "transfer_reversal"), _EMPTY),
    },
    "dispute": {
        "balance_transactions": "balance_transaction",
        "charge": "charge",
        "payment_intent": "payment_intent",
    },
    "balance_transaction": {"source": _SOURCE},
    "payment_method": {"customer": _EMPTY},
}


def wanted(params: Params, kind: str, *, listed: bool) -> Tree:
    """Paths that a request asks to expand in its answer.

    Args:
        kind: what the answer is, or holds a page of.

    Raises:
        ApiError: no list, too deep, or a field that cannot be expanded.
    """
    given = params.get("expand") or []
    if not isinstance(given, list) or not all(isinstance(path, str) for path in given):
        raise ApiError(400, "Invalid array: expand", param="expand")
    tree: Tree = {}
    for path in given:
        segments = path.split(".")
        if len(segments) > _DEPTH_MAX:
            raise ApiError(400, f"You cannot expand more than {_DEPTH_MAX} levels of a property: {path}", param=path)
        if listed and segments[0] != "data":
            raise _cannot(path, f" You may want to try expanding 'data.{path}' instead.")
        fields = segments[1:] if listed else segments
        if not fields or not _is_expandable(kind, fields):
            raise _cannot(path)
        branch = tree
        for field in fields:
            branch = branch.setdefault(field, {})
    return tree


def expanded(call: Call, answer: Json, tree: Tree) -> Json:
    """The answer with its ids replaced; a page has each of its entries treated."""
    if not tree:
        return answer
    if answer.get("object") in ("list", "search_result"):
        return {**answer, "data": [_with(call, entry, tree) for entry in answer["data"]]}
    return _with(call, answer, tree)


def _cannot(path: str, hint: str = "") -> ApiError:
    return ApiError(400, f"This property cannot be expanded ({path}).{hint}", param="expand")


def _is_expandable(kind: str, fields: list[str]) -> bool:
    """Whether each field of the path leads to something. What a field names may be one of several kinds."""
    target = _FIELDS.get(kind, {}).get(fields[0])
    if target is None:
        return False
    if len(fields) == 1 or target == _EMPTY:
        return True
    if target == _LISTED:
        return fields[1] == "data" and (len(fields) == 2 or _is_expandable("refund", fields[2:]))
    kinds = _SOURCES.values() if target == _SOURCE else (target,)
    return any(_is_expandable(each, fields[1:]) for each in kinds)


def _with(call: Call, entry: Json, tree: Tree) -> Json:
    targets = _FIELDS.get(entry.get("object", ""), {})
    view = dict(entry)
    for field, below in tree.items():
        if field in targets and (field in view or targets[field] == _LISTED):
            view[field] = _followed(call, view, field, targets[field], below)
    return view


def _followed(call: Call, view: Json, field: str, target: str, below: Tree) -> Any:
    if target == _LISTED:
        return _refunds(call, view, below)
    value = view.get(field)
    if isinstance(value, list):
        return [_with(call, entry, below) for entry in value]
    if not isinstance(value, str) or target == _EMPTY:
        return value
    kind = _SOURCES.get(value[:3]) if target == _SOURCE else target
    found = call.world.store.get(kind, value) if kind else None
    return value if found is None else _with(call, public(found), below)


def _refunds(call: Call, charge: Json, below: Tree) -> Json:
    """The list inside a charge, which shows its ten newest refunds."""
    found = [public(entry) for entry in call.mine("refund") if entry["charge"] == charge["id"]]
    data = [_with(call, entry, below.get("data", {})) for entry in found[:10]]
    return {"object": "list", "data": data, "has_more": len(found) > 10, "url": f"/v1/charges/{charge['id']}/refunds"}
