"""Scripted misbehaviour: what shall happen to the next webhooks, payments and API calls."""

from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any, Final

from gateway_simulators.errors import ControlError
from gateway_simulators.ids import new_id
from gateway_simulators.store import Json, Store

WEBHOOK_KINDS: Final = frozenset({"delay", "duplicate", "drop", "hold", "reorder", "silent"})
API_KINDS: Final = frozenset({"api_error", "api_timeout"})
# What the provider takes, or gives back, is another amount than it was asked for.
AMOUNT_KINDS: Final = frozenset({"amount", "refund_amount"})
KINDS: Final = WEBHOOK_KINDS | API_KINDS | AMOUNT_KINDS | {"settlement"}

# A provider that never calls back does so until the rule is removed.
_ENDLESS: Final = frozenset({"silent", "settlement"})
_MATCHERS: Final = frozenset({"account", "event", "method", "path"})
_NUMBERS: Final[dict[str, tuple[float, float, float]]] = {
    # name: (default, least, most)
    "seconds": (1, 0, 3600),
    "count": (1, 1, 1000),
    "status": (500, 400, 599),
    "rate": (1, 0.000001, 1_000_000),
}


class Rules:
    """Rules in the order of their creation; each is used ``times`` times (0: until it is removed).

    Args:
        subject: what the provider calls a payment; rules match by it.
    """

    def __init__(self, store: Store, subject: str = "payment") -> None:
        self._store = store
        self._matchers = _MATCHERS | {subject}

    def add(self, given: Json) -> Json:
        """A new rule from ``{"kind", "match", "times", ...}``.

        Raises:
            ControlError: the kind, a matcher or a number is unknown or out of range.
        """
        kind = given.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            raise ControlError(f"kind is one of {', '.join(sorted(KINDS))}", param="kind")
        match = given.get("match", {})
        if not isinstance(match, dict) or not match.keys() <= self._matchers:
            raise ControlError(f"match knows {', '.join(sorted(self._matchers))}", param="match")
        if kind in AMOUNT_KINDS and not isinstance(given.get("amount"), int):
            raise ControlError("a rule about an amount needs the amount in minor units", param="amount")
        if kind == "settlement" and not isinstance(given.get("currency"), str):
            raise ControlError("a rule of kind settlement needs the currency of the account", param="currency")
        times = _number(given, "times", 0 if kind in _ENDLESS else 1, 0, 10**6)
        rule: Json = {"id": new_id("rule"), "kind": kind, "match": match, "times": times, "used": 0}
        for name, (default, least, most) in _NUMBERS.items():
            rule[name] = _number(given, name, default, least, most)
        rule["applied"] = bool(given.get("applied", kind == "api_timeout"))
        rule["amount"] = given.get("amount")
        rule["currency"] = given.get("currency")
        return self._store.put("rule", rule["id"], rule)

    def refunded(self, account: str, asked: int) -> int:
        """The refunded amount, in minor units: as asked, or as scripted."""
        rule = self.take(frozenset({"refund_amount"}), {"account": account})
        return rule["amount"] if rule is not None else asked

    def settlement(self, account: str, currency: str) -> tuple[str, Decimal] | None:
        """The account's own currency, in upper case, and the rate into it; None if it keeps money as it comes."""
        rule = self.take(frozenset({"settlement"}), {"account": account})
        if rule is None or rule["currency"].upper() == currency.upper():
            return None
        return rule["currency"].upper(), Decimal(str(rule["rate"]))

    def all(self) -> list[Json]:
        """Oldest first, which is the order in which they are tried."""
        return list(self._store.newest_first("rule"))[::-1]

    def remove(self, rule_id: str | None = None) -> None:
        """Removes one rule, or all."""
        for rule in self.all():
            if rule_id in (None, rule["id"]):
                self._store.remove("rule", rule["id"])

    def take(self, kinds: frozenset[str], facts: dict[str, str]) -> Json | None:
        """The first live rule of these kinds that fits, counted as used; None if none fits."""
        for rule in self.all():
            if rule["kind"] in kinds and _fits(rule["match"], facts):
                used = {**rule, "used": rule["used"] + 1}
                if rule["times"] and used["used"] >= rule["times"]:
                    self._store.remove("rule", rule["id"])
                else:
                    self._store.put("rule", rule["id"], used)
                return used
        return None


def _fits(match: Json, facts: dict[str, str]) -> bool:
    return all(fnmatchcase(facts.get(name, ""), str(pattern)) for name, pattern in match.items())


def _number(given: Json, name: str, default: float, least: float, most: float) -> Any:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise ControlError(f"{name} is a number from {least} to {most}", param=name)
    return value
