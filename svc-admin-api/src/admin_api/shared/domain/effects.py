"""Reach of a mutating operation: its own mode or both modes, which decides whether a test key may use it."""

from enum import StrEnum

from gateway_contracts.actor import Actor
from gateway_contracts.errors import Forbidden


class Effect(StrEnum):
    """Declared beside the scope of each mutating route."""

    OWN_MODE = "own mode"
    """Objects and settings of the caller's mode alone: a test key changes those of test mode."""
    TEST_PART = "test part"
    """Objects that serve both modes: a test key changes the part that only test mode uses; the use case keeps to it."""
    BOTH_MODES = "both modes"
    """Objects that serve both modes as a whole: refused to a test key."""


def is_test_key(actor: Actor) -> bool:
    """People and the keys of the installation act on both modes; a test key never on live data."""
    return actor.kind == "api_key" and not actor.livemode


def live_key_required(*fields: str) -> Forbidden:
    """The refusal, with the fields that cause it where there are any."""
    return Forbidden(
        "this changes settings that live payments use: use a live key, or sign in",
        code="LIVE_KEY_REQUIRED",
        fields=list(fields),
    )


def require_mode(actor: Actor, effect: Effect) -> None:
    """
    Raises:
        Forbidden: a test key would change what live mode uses.
    """
    if effect is Effect.BOTH_MODES and is_test_key(actor):
        raise live_key_required()
