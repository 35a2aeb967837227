"""The visible part of an answer: answers that must not differ are compared by it."""

from typing import Any, Final

import httpx

_OWN: Final = frozenset({"x-request-id", "date", "ratelimit", "content-length"})
"""Headers that differ between any two answers."""


def visible_part(answer: httpx.Response) -> tuple[int, Any, dict[str, str]]:
    """Status, body and headers, without what differs between any two answers."""
    headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in _OWN}
    body = answer.json() if "json" in headers.get("content-type", "") else answer.text
    if isinstance(body, dict):
        # A sealed cursor has a nonce; whether there is one stays visible.
        body = {**body, "requestId": "", "nextCursor": bool(body.get("nextCursor"))}
    return answer.status_code, body, headers
