"""``PATCH /v2/checkout/orders/{id}``: changes to an order before it is completed."""

import copy
import re
from typing import Any, Final

from gateway_simulators.paypal import units
from gateway_simulators.paypal.context import Call
from gateway_simulators.paypal.errors import ApiError, invalid, unprocessable
from gateway_simulators.paypal.orders import INTENTS, WAITING
from gateway_simulators.store import Json

_UNIT: Final = re.compile(r"/purchase_units/@reference_id=='([^']*)'(?:/(.*))?")
_OPERATIONS: Final = ("add", "remove", "replace")
# Which operations PayPal allows on a purchase unit's fields.
_ALLOWED: Final = {
    "amount": ("replace",),
    "items": _OPERATIONS,
    "custom_id": _OPERATIONS,
    "description": _OPERATIONS,
    "invoice_id": _OPERATIONS,
    "soft_descriptor": ("remove", "replace"),
    "payee/email_address": ("replace",),
    "shipping/name": ("add", "replace"),
    "shipping/address": ("add", "replace"),
    "shipping/options": ("add", "replace"),
    "shipping/type": ("add", "replace"),
}


def patch_order(call: Call, order: Json, operations: list[Any]) -> None:
    """All operations, or none of them.

    Raises:
        ApiError: the order is past that, or an operation cannot be done.
    """
    if order["status"] == "COMPLETED":
        raise unprocessable("ORDER_ALREADY_COMPLETED", "The order cannot be patched after it is completed.")
    if order["status"] not in (*WAITING, "APPROVED"):
        raise unprocessable("ORDER_NOT_PATCHABLE", f"The order is {order['status']}")
    if not operations:
        raise invalid("/", "At least one operation is needed.", "INVALID_ARRAY_MIN_ITEMS")
    changed = copy.deepcopy(order)
    for index, operation in enumerate(operations):
        _apply(changed, operation, f"/{index}")
    [unit] = changed["purchase_units"]
    changed["purchase_units"] = [units.unit_of(unit, call.account)]
    call.save("order", changed)


def _apply(order: Json, operation: object, field: str) -> None:
    if not isinstance(operation, dict) or operation.get("op") not in _OPERATIONS:
        raise invalid(f"{field}/op", f"op is one of {', '.join(_OPERATIONS)}.", "INVALID_PATCH_OPERATION")
    path, verb = operation.get("path"), str(operation["op"])
    if not isinstance(path, str) or not path:
        raise unprocessable("PATCH_PATH_REQUIRED", "The path is missing.", f"{field}/path")
    if verb != "remove" and operation.get("value") is None:
        raise unprocessable("PATCH_VALUE_REQUIRED", "The value is missing.", f"{field}/value")
    value = operation.get("value")
    if path == "/intent":
        if verb != "replace" or value not in INTENTS:
            raise unprocessable("UNSUPPORTED_PATCH_PARAMETER_VALUE", "This value is not supported.", f"{field}/value")
        order["intent"] = value
    else:
        _apply_to_unit(order["purchase_units"][0], path, verb, value)


def _apply_to_unit(unit: Json, path: str, verb: str, value: Any) -> None:
    match = _UNIT.fullmatch(path)
    if match is None:
        raise unprocessable("NOT_PATCHABLE", "Cannot be patched.", path)
    if match[1] != unit["reference_id"]:
        raise unprocessable("REFERENCE_ID_NOT_FOUND", "No purchase unit has this reference_id.", path)
    name = match[2]
    if not name:
        if verb != "replace" or not isinstance(value, dict):
            raise unprocessable("INVALID_PATCH_OPERATION", "A purchase unit can only be replaced.", path)
        reference = unit["reference_id"]
        unit.clear()
        unit.update({"reference_id": reference, **value})
        return
    if name not in _ALLOWED:
        raise unprocessable("NOT_PATCHABLE", "Cannot be patched.", path)
    if verb not in _ALLOWED[name]:
        raise _not_possible(path)
    _set(unit, name.split("/"), verb, value, path)


def _set(unit: Json, names: list[str], verb: str, value: Any, path: str) -> None:
    target = unit
    for name in names[:-1]:
        target = target.setdefault(name, {})
    present = names[-1] in target
    if present != (verb != "add"):
        raise _not_possible(path)
    if verb == "remove":
        del target[names[-1]]
    else:
        target[names[-1]] = value


def _not_possible(path: str) -> ApiError:
    return unprocessable("INVALID_PATCH_OPERATION", "The operation cannot be honored.", path)
