"""Requests to a provider and its answers, redacted where they are made, for the operation that they belong to.

`ProviderHttp` adds to the recording that is under way; without one nothing is redacted or kept. Headers are never
recorded: they carry the credentials.
"""

import contextlib
from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from gateway_contracts.requests.books import ProviderRequest

REQUESTS_MAX: Final = 5
"""Requests of one operation that are kept: the latest."""


@dataclass(frozen=True)
class _Recording:
    key: str
    requests: deque[ProviderRequest]


_under_way: ContextVar[_Recording | None] = ContextVar("recording_under_way", default=None)


@contextlib.contextmanager
def recording(key: str) -> Iterator[None]:
    """Record the requests of the enclosed work under the key of their operation; a second one of the same key, inside
    of the first, is the first."""
    known = _under_way.get()
    if known is not None and known.key == key:
        yield
        return
    token = _under_way.set(_Recording(key, deque(maxlen=REQUESTS_MAX)))
    try:
        yield
    finally:
        _under_way.reset(token)


def recorded(key: str) -> tuple[ProviderRequest, ...]:
    """Requests recorded under this key so far; empty while another recording, or none, is under way."""
    known = _under_way.get()
    return tuple(known.requests) if known is not None and known.key == key else ()


def is_recording() -> bool:
    """Whether a request made now is recorded."""
    return _under_way.get() is not None


def record(request: ProviderRequest) -> None:
    """Add a request to the recording that is under way, if there is one."""
    if (known := _under_way.get()) is not None:
        known.requests.append(request)
