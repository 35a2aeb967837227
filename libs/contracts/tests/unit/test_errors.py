"""Errors keep their meaning on the wire."""

import pytest

from gateway_contracts.actor import Actor
from gateway_contracts.errors import FieldProblem, Forbidden, GatewayError, Invalid, RateLimited, Transient, from_wire


@pytest.mark.parametrize(
    "error",
    [
        Invalid.field("items[0].quantity", "must be positive"),
        Transient("later", retry_after_s=7),
        RateLimited("slow down", code="RATE_LIMITED", limit=20),
        Forbidden("no", details=[FieldProblem("a", "b")]),
    ],
)
def test_round_trip(error: GatewayError) -> None:
    copy = from_wire(error.to_wire())
    assert type(copy) is type(error)
    assert copy.to_wire() == error.to_wire()
    assert copy.status == error.status


def test_a_refined_error_arrives_as_its_kind() -> None:
    class NotRendered(Transient):
        default_code = "DOCUMENT_NOT_RENDERED"

    copy = from_wire(NotRendered("soon", retry_after_s=2).to_wire())
    assert isinstance(copy, Transient)
    assert (copy.status, copy.code, copy.retry_after_s) == (503, "DOCUMENT_NOT_RENDERED", 2)


def test_an_unknown_kind_is_an_internal_error() -> None:
    assert from_wire({"kind": "FromTheFuture", "code": "X", "message": "m"}).status == 500


@pytest.mark.parametrize(
    ("granted", "scope", "allowed"),
    [
        ("checkout:create", "checkout:create", True),
        ("checkout:*", "checkout:create", True),
        ("*:read", "invoice:read", True),
        ("*:*", "system:execute", True),
        ("checkout:read", "checkout:create", False),
        ("checkout:create", "checkoutx:create", False),
    ],
)
def test_scopes(granted: str, scope: str, allowed: bool) -> None:
    actor = Actor(kind="api_key", scopes=(granted,))
    assert actor.allows(scope) is allowed
    if not allowed:
        with pytest.raises(Forbidden):
            actor.require(scope)
