"""Read a checkout session by one of its names."""

import re

from checkout_api.errors import checkout_not_found
from gateway_contracts.actor import Actor
from gateway_contracts.requests.customer import GET_SESSION, GetSession, Session
from gateway_contracts.rpc import Rpc

CUSTOMER = Actor(kind="customer")
"""What a customer may do follows from the names that they know, not from the actor."""

_SHORT_CODE = re.compile(r"[0-9A-Za-z]{10}")
_PUBLIC_ID = re.compile(r"cs_[A-Za-z0-9_-]{20,64}")


def is_short_code(text: str) -> bool:
    """Whether the text has the form of a short code."""
    return _SHORT_CODE.fullmatch(text) is not None


def is_session_public_id(text: str) -> bool:
    """Whether the text has the form of a session's public id."""
    return _PUBLIC_ID.fullmatch(text) is not None


async def find_session(name: str, *, owners: Rpc) -> Session:
    """The session with that public id or short code.

    Raises:
        NotFound: there is none.
    """
    if is_short_code(name):
        request = GetSession(short_code=name)
    elif is_session_public_id(name):
        request = GetSession(session_public_id=name)
    else:
        raise checkout_not_found()
    return await owners.call(GET_SESSION, request, actor=CUSTOMER)
