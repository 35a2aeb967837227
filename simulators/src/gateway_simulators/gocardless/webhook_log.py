"""``/webhooks``: what was sent to an account's endpoints, with the answers."""

from datetime import UTC, datetime

from gateway_simulators.gocardless.context import Call
from gateway_simulators.gocardless.webhooks import GoCardlessWebhooks
from gateway_simulators.store import Json


def sent(call: Call) -> list[Json]:
    """One entry for each webhook and endpoint, newest first; the last attempt of each is shown."""
    webhooks = GoCardlessWebhooks(call.world.store)
    records = [entry for entry in call.world.store.newest_first("delivery") if entry["account"] == call.account]
    shown = (_shown(call, webhooks, record) for record in records if record["attempts"])
    return [entry for entry in shown if entry is not None]


def _shown(call: Call, webhooks: GoCardlessWebhooks, record: Json) -> Json | None:
    event, attempt = call.world.store.get("event", record["event"]), record["attempts"][-1]
    request = None if event is None else webhooks.request(record, event, attempt["at"])
    if request is None:
        return None
    at = datetime.fromtimestamp(attempt["at"], UTC).isoformat(timespec="milliseconds")
    return {
        "id": record["id"],
        "created_at": at.replace("+00:00", "Z"),
        "is_test": False,
        "request_body": request.body.decode(),
        "request_headers": request.headers,
        "response_body": attempt.get("answer"),
        "response_body_truncated": False,
        "response_code": attempt["status"],
        "response_headers": {},
        "response_headers_content_truncated": False,
        "response_headers_count_truncated": False,
        "successful": record["state"] == "delivered",
        "url": request.url,
    }
