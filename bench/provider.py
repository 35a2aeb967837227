"""A provider that sends webhooks: 2 KB Stripe events, some forged, some sent twice."""

import json
import random
import time
from dataclasses import dataclass
from typing import Final, Literal

from gateway_providers.stripe.webhook import sign

Kind = Literal["genuine", "forged", "duplicate"]

BODY_BYTES: Final = 2048
FORGED_SHARE: Final = 0.01
DUPLICATE_SHARE: Final = 0.01
# How far back a duplicate's original may lie: some still on their way, some long stored.
_DUPLICATE_REACH: Final = 500


@dataclass(frozen=True)
class Account:
    """Where the webhooks go and what signs them."""

    provider_id: str
    secret: str


@dataclass(frozen=True)
class Shot:
    """One HTTP request, ready to be written to a socket."""

    kind: Kind
    event_id: str
    request: bytes


def shots(account: Account, *, run: str, count: int, seed: int) -> list[Shot]:
    """``count`` signed requests; the same seed gives the same mix."""
    dice = random.Random(seed)
    timestamp = int(time.time())
    made: list[Shot] = []
    for number in range(count):
        throw = dice.random()
        if throw < FORGED_SHARE:
            made.append(_shot("forged", account, f"evt_{run}_{number}", timestamp))
        elif throw < FORGED_SHARE + DUPLICATE_SHARE and number:
            original = made[dice.randrange(max(0, number - _DUPLICATE_REACH), number)]
            kind: Kind = "forged" if original.kind == "forged" else "duplicate"
            made.append(Shot(kind, original.event_id, original.request))
        else:
            made.append(_shot("genuine", account, f"evt_{run}_{number}", timestamp))
    return made


def _shot(kind: Kind, account: Account, event_id: str, timestamp: int) -> Shot:
    signer = Account(account.provider_id, "whsec_forged") if kind == "forged" else account
    return Shot(kind, event_id, signed_request(signer, event_body(event_id), timestamp=timestamp))


def event_body(event_id: str, payment: dict[str, object] | None = None) -> bytes:
    """An event about a payment of another application, padded to 2 KB with what providers send along."""
    event = {
        "id": event_id,
        "object": "event",
        "type": "payment_intent.succeeded",
        "api_version": "2026-03-25.dahlia",
        "created": int(time.time()),
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "data": {"object": payment or _payment(event_id)},
    }
    unpadded = json.dumps(event)
    event["padding"] = "x" * max(0, BODY_BYTES - len(unpadded) - len(', "padding": ""'))
    return json.dumps(event).encode()


def _payment(event_id: str) -> dict[str, object]:
    return {
        "id": f"pi_{event_id}",
        "object": "payment_intent",
        "amount": 1099,
        "amount_received": 1099,
        "currency": "eur",
        "status": "succeeded",
        "created": 1_700_000_000,
        "livemode": False,
        "metadata": {},
    }


def signed_request(account: Account, body: bytes, *, timestamp: int | None = None, path: str | None = None) -> bytes:
    """The bytes of a keep-alive POST to the webhook endpoint, signed like Stripe."""
    at = timestamp or int(time.time())
    head = (
        f"POST {path or f'/hooks/stripe/{account.provider_id}'} HTTP/1.1\r\n"
        "host: 127.0.0.1\r\n"
        "content-type: application/json; charset=utf-8\r\n"
        "user-agent: Stripe/1.0\r\n"
        f"stripe-signature: t={at},v1={sign(body, account.secret, at)}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
