"""State of the simulator: accounts by token, transfers, subscriptions, events."""

import hashlib
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from gateway_simulators.delivery import Deliveries
from gateway_simulators.rules import Rules
from gateway_simulators.store import Json, Store
from gateway_simulators.wise.errors import ApiError, invalid, not_found

CREDITED: Final = "incoming-transfer#credited"
PAYMENT_CHANGED: Final = "account-details-payment#state-change"
TRIGGERS: Final = (CREDITED, PAYMENT_CHANGED)
_MOST: Final = Decimal(10**12)


def account_of_token(token: str) -> str:
    """The profile that a token belongs to; every token has one.

    Raises:
        ApiError: the text is no token.
    """
    if len(token) < 12 or not token.isascii() or any(character.isspace() for character in token):
        raise ApiError(401, "invalid_token", "Invalid token")
    return str(10_000_000 + int(hashlib.sha256(token.encode()).hexdigest()[:12], 16) % 80_000_000)


@dataclass(frozen=True)
class World:
    """The simulator's parts. ``now`` gives Unix seconds."""

    store: Store
    rules: Rules
    deliveries: Deliveries
    now: Callable[[], float]

    def find(self, kind: str, account: str, identifier: str) -> Json:
        """
        Raises:
            ApiError: the account has none of that id (it may be another's).
        """
        found = self.store.get(kind, identifier)
        if found is None or found["_account"] != account:
            raise not_found(identifier)
        return found

    def has_access(self, account: str) -> bool:
        """Whether Wise opened the incoming transfers for the account; it does so on request."""
        kept = self.store.get("access", account)
        return True if kept is None else bool(kept["granted"])

    def subscribe(self, account: str, given: Json) -> Json:
        """A subscription, with a test notification to see whether the address answers.

        Raises:
            ApiError: no known event, or no address.
        """
        delivery = given.get("delivery")
        url = delivery.get("url") if isinstance(delivery, dict) else given.get("url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise invalid("delivery.url", "the callback address is not valid")
        if given.get("trigger_on") not in TRIGGERS:
            raise invalid("trigger_on", f"is one of {', '.join(TRIGGERS)}")
        subscription: Json = {
            "id": str(uuid.uuid4()),
            "name": str(given.get("name", "")),
            "trigger_on": given["trigger_on"],
            "delivery": {"version": "4.0.0", "url": url},
            "scope": {"domain": "profile", "id": account},
            "created_on": self.text_now(),
            "_account": account,
        }
        self.store.put("subscription", subscription["id"], subscription)
        self.test(subscription)
        return subscription

    def test(self, subscription: Json) -> Json:
        """A test notification: an event of the subscription's type about nothing."""
        data: Json = {"occurred_at": self.text_now()}
        if subscription["trigger_on"] == CREDITED:
            data |= {"incoming_transfer_id": str(uuid.UUID(int=0))}
        else:
            data |= {"resource": {"id": 0}, "current_state": "COMPLETED"}
        return self._emit(subscription["_account"], subscription["trigger_on"], data, "", only=subscription["id"])

    def receive(self, account: str, given: Json) -> Json:
        """Money comes in, with what the sender wrote. Both kinds of events tell of it to who subscribed to them.

        Raises:
            ApiError: amount or currency is missing or wrong.
        """
        value, currency = _amount(given.get("amount")), given.get("currency", "EUR")
        if not isinstance(currency, str) or len(currency) != 3:
            raise invalid("currency", "is not a currency")
        reference = str(given.get("reference", ""))
        status = str(given.get("status", "outgoing_payment_sent"))
        at = str(given.get("occurred_at") or self.text_now())
        transfer: Json = {
            "id": str(uuid.uuid4()),
            "profile_id": int(account),
            "amount": {"value": value, "currency": currency},
            "reference": reference,
            "debtor": {"name": str(given.get("sender", "Simulated Sender"))},
            "occurred_at": at,
            "_account": account,
        }
        self.store.put("incoming", transfer["id"], transfer)
        number = secrets.randbelow(10**9) + 10**9
        self.store.put("transfer", str(number), _transfer(number, account, transfer, status))
        self._emit(account, CREDITED, {"incoming_transfer_id": transfer["id"], "occurred_at": at}, transfer["id"])
        changed = {
            "resource": {"id": number, "type": "account-details-payment", "profile_id": int(account)},
            "transfer": {"id": number, "amount": value, "currency": currency},
            "current_state": str(given.get("state", "COMPLETED")),
            "occurred_at": at,
        }
        self._emit(account, PAYMENT_CHANGED, changed, transfer["id"])
        return {**public(transfer), "transfer_id": number}

    def text_now(self) -> str:
        """As Wise writes a time."""
        at = datetime.fromtimestamp(self.now(), UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _emit(self, account: str, event_type: str, data: Json, subject: str, *, only: str | None = None) -> Json:
        event: Json = {
            "id": str(uuid.uuid4()),
            "type": event_type,
            "data": data,
            "sent_at": self.text_now(),
            "_account": account,
            "_subject": subject,
            "_only": only,
        }
        self.store.put("event", event["id"], event)
        self.deliveries.accept(event)
        return event


def public(stored: Json) -> Json:
    """The public view: internal notes begin with an underscore."""
    return {name: value for name, value in stored.items() if not name.startswith("_")}


def _transfer(number: int, account: str, incoming: Json, status: str) -> Json:
    amount = incoming["amount"]
    return {
        "id": number,
        "business": int(account),
        "status": status,
        "reference": incoming["reference"],
        "details": {"reference": incoming["reference"]},
        "created": incoming["occurred_at"],
        "sourceCurrency": amount["currency"],
        "sourceValue": amount["value"],
        "targetCurrency": amount["currency"],
        "targetValue": amount["value"],
        "hasActiveIssues": False,
        "_account": account,
    }


def _amount(given: Any) -> float:
    """Major units, as Wise writes them: a JSON number."""
    try:
        amount = Decimal(str(given))
    except InvalidOperation as exc:
        raise invalid("amount", "is not a number") from exc
    if not amount.is_finite() or not 0 < amount <= _MOST:
        raise invalid("amount", "is not positive, or too large")
    return float(amount)
