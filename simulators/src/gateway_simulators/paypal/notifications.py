"""Webhooks of an account, the events that went to them, and whether a signature is genuine."""

import base64
import binascii
import json
import zlib
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from gateway_simulators.paypal.context import Call
from gateway_simulators.paypal.errors import invalid
from gateway_simulators.paypal.fields import objects, text
from gateway_simulators.paypal.keys import SigningKey
from gateway_simulators.paypal.webhooks import body_of
from gateway_simulators.store import Json

_SIGNED: Final = ("auth_algo", "cert_url", "transmission_id", "transmission_sig", "transmission_time", "webhook_id")


def add_webhook(call: Call, identifier: str) -> Json:
    """An endpoint, under the id that its signatures name.

    Raises:
        ApiError: no address, or no list of events.
    """
    return call.save("webhook", {"id": identifier, "url": _url(call.body), "event_types": _types(call.body)})


def shown(call: Call, webhook: Json) -> Json:
    """The endpoint with its links."""
    path = f"/v1/notifications/webhooks/{webhook['id']}"
    links = [call.link(path, "self"), call.link(path, "update", "PATCH"), call.link(path, "delete", "DELETE")]
    return {"id": webhook["id"], "url": webhook["url"], "event_types": webhook["event_types"], "links": links}


def patch_webhook(call: Call, webhook: Json) -> Json:
    """``PATCH``: replaces the address or the events.

    Raises:
        ApiError: another operation or path.
    """
    changes: Json = {}
    for operation in call.operations:
        path = operation.get("path") if isinstance(operation, dict) and operation.get("op") == "replace" else None
        if path == "/url":
            changes["url"] = _url({"url": operation.get("value")})
        elif path == "/event_types":
            changes["event_types"] = _types({"event_types": operation.get("value")})
        else:
            raise invalid("/path", "Only /url and /event_types can be replaced.", "INVALID_PATCH_OPERATION")
    return call.save("webhook", webhook, **changes)


def verify(call: Call, key: SigningKey, certificate: str) -> Json:
    """``POST /v1/notifications/verify-webhook-signature``.

    PayPal signs the bytes that it sent. A caller gives the event as JSON, so that its bytes are made again from the
    event that was sent; one that says anything else is no event of ours.

    Raises:
        ApiError: something is missing.
    """
    signed = {name: str(text(call.body, name, f"/{name}", 500, required=True)) for name in _SIGNED}
    event = call.body.get("webhook_event")
    if not isinstance(event, dict):
        raise invalid("/webhook_event", "A required field / parameter is missing.", "MISSING_REQUIRED_PARAMETER")
    genuine = signed["cert_url"] == certificate and signed["auth_algo"] == "SHA256withRSA"
    sent = _sent(call, signed["webhook_id"], event)
    genuine = genuine and sent is not None and _is_signed(key, signed, sent)
    return {"verification_status": "SUCCESS" if genuine else "FAILURE"}


def _sent(call: Call, webhook_id: str, event: Json) -> bytes | None:
    """The bytes of this event, if it is one that the account's webhook got."""
    webhook, sent = call.world.store.get("webhook", webhook_id), call.world.store.get("event", str(event.get("id")))
    if webhook is None or sent is None or {webhook["_account"], sent["_account"]} != {call.account}:
        return None
    return json.dumps(body_of(sent)).encode() if body_of(sent) == event else None


def _is_signed(key: SigningKey, signed: Json, body: bytes) -> bool:
    words = (signed["transmission_id"], signed["transmission_time"], signed["webhook_id"], str(zlib.crc32(body)))
    try:
        signature = base64.b64decode(signed["transmission_sig"], validate=True)
        key.private.public_key().verify(signature, "|".join(words).encode(), PKCS1v15(), SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def _url(given: Json) -> str:
    url = text(given, "url", "/url", 2048, required=True)
    if url is None or not url.startswith(("http://", "https://")):
        raise invalid("/url", "The address is no URL.")
    return url


def _types(given: Json) -> list[Json]:
    wanted = objects(given, "event_types", "/event_types") or [{"name": "*"}]
    return [{"name": text(item, "name", "/event_types/name", 50, required=True)} for item in wanted]
