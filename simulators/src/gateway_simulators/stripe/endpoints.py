"""Webhook endpoints: where an account wants its events."""

from typing import Final
from urllib.parse import urlsplit

from gateway_simulators.ids import new_id, random_text
from gateway_simulators.store import Json
from gateway_simulators.stripe import forms
from gateway_simulators.stripe.context import Call
from gateway_simulators.stripe.errors import ApiError, missing
from gateway_simulators.stripe.events import public

PARAMS: Final = frozenset({"api_version", "connect", "description", "enabled_events", "expand", "metadata", "url"})
UPDATE_PARAMS: Final = frozenset({"description", "disabled", "enabled_events", "expand", "metadata", "url"})


def create_endpoint(call: Call, *, secret: str | None = None) -> Json:
    """A new endpoint; its answer is the only one that shows the signing secret.

    Raises:
        ApiError: the URL or the list of events is missing or wrong.
    """
    forms.refuse_unknown(call.params, PARAMS)
    endpoint = call.save(
        "webhook_endpoint",
        {
            "id": new_id("we"),
            "object": "webhook_endpoint",
            "api_version": forms.text(call.params, "api_version"),
            "application": None,
            "created": call.now,
            "description": forms.text(call.params, "description"),
            "enabled_events": _events(call.params),
            "livemode": call.caller.livemode,
            "metadata": forms.metadata(call.params),
            "status": "enabled",
            "url": _url(call.params),
            "_secret": secret or f"whsec_{random_text(32)}",
        },
    )
    return {**public(endpoint), "secret": endpoint["_secret"]}


def update_endpoint(call: Call, endpoint: Json) -> Json:
    """Changes URL, events, description or metadata; ``disabled=true`` stops it.

    Raises:
        ApiError: a parameter is wrong.
    """
    params = call.params
    forms.refuse_unknown(params, UPDATE_PARAMS)
    changes: Json = {"metadata": forms.metadata(params, endpoint["metadata"])}
    if "url" in params:
        changes["url"] = _url(params)
    if "enabled_events" in params:
        changes["enabled_events"] = _events(params)
    if "disabled" in params:
        changes["status"] = "disabled" if forms.boolean(params, "disabled") else "enabled"
    if "description" in params:
        changes["description"] = forms.text(params, "description")
    return public(call.save("webhook_endpoint", {**endpoint, **changes}))


def _url(params: forms.Params) -> str:
    url = forms.text(params, "url")
    if url is None:
        raise missing("url")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ApiError(400, "Invalid URL: it needs a scheme and a host.", code="url_invalid", param="url")
    return url


def _events(params: forms.Params) -> list[str]:
    events = params.get("enabled_events")
    if not isinstance(events, list) or not events:
        raise missing("enabled_events")
    return [str(entry) for entry in events]
