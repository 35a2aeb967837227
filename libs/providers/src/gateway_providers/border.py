"""The border between providers' words and ours: whatever passes it can be counted, kept and sent on.

Every fact and every answer goes through `admit` when it is made, so no connector can forget it. Texts are cleaned and
cut, since a webhook with an odd text is still a genuine fact; amounts out of range are refused, since a wrong amount
must never be booked.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import Money, is_amount
from gateway_contracts.requests.transaction import Failure, NextAction
from gateway_contracts.texts import clean_text, text_problem

WORD_CHARACTERS_MAX: Final = 100
"""Names of events and states. A timeline of 200 entries that hold them fits into one reply."""
TEXT_CHARACTERS_MAX: Final = 255
LINK_CHARACTERS_MAX: Final = 8_192
_METADATA_MAX: Final = 100
_WORDS: Final = frozenset({"event_type", "provider_status"})


@contextmanager
def reading() -> Iterator[None]:
    """Around code that takes a provider's words apart: whatever it stumbles over, the words cannot be read.

    Raises:
        Unreadable: in the place of any error of values and types.
    """
    try:
        yield
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError) as exc:
        raise Unreadable("the provider says something that cannot be read") from exc


def amount_of(units: object, currency: object) -> Money:
    """An amount in minor units as a provider says it.

    Raises:
        Unreadable: not an integer, out of range (`AMOUNT_MINOR_MAX`), or a currency that we do not know.
    """
    if not isinstance(units, int) or not is_amount(units) or not isinstance(currency, str):
        raise Unreadable("the provider says an amount that cannot be read")
    try:
        return Money(units, currency)
    except ValueError as exc:
        raise Unreadable("the provider says an amount in a currency that we do not know") from exc


def moment_of(text: object) -> datetime:
    """A moment as a provider writes it, in UTC; without a zone it is taken for UTC.

    Raises:
        Unreadable: not a moment, or one outside the calendar in UTC.
    """
    try:
        moment = datetime.fromisoformat(str(text))
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise Unreadable("the provider says a time that cannot be read") from exc


def admit(record: object, *names: str) -> None:
    """Make the named fields of a frozen record fit to be kept; called when it is made.

    Raises:
        Unreadable: an amount or a time out of range, or a field of another type.
    """
    for name in names:
        value = getattr(record, name)
        admitted = _admitted(name, value)
        if admitted is not value:
            object.__setattr__(record, name, admitted)


def _admitted(name: str, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, str):
        return clean_text(value, WORD_CHARACTERS_MAX if name in _WORDS else TEXT_CHARACTERS_MAX)
    if isinstance(value, Money):
        return amount_of(value.amount_minor, value.currency) if not is_amount(value.amount_minor) else value
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, Failure):
        return _failure(value)
    if isinstance(value, NextAction):
        return _action(value)
    if isinstance(value, Mapping):
        return _metadata(value)
    raise Unreadable(f"the provider says a {name} that cannot be read")


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is UTC:
        return value
    try:
        return value.astimezone(UTC)
    except OverflowError as exc:
        raise Unreadable("the provider says a time outside the calendar") from exc


def _failure(failure: Failure) -> Failure:
    said = (failure.message, failure.provider_code or "")
    if all(len(text) <= TEXT_CHARACTERS_MAX and text_problem(text) is None for text in said):
        return failure
    code = failure.provider_code
    return Failure(
        code=failure.code,
        message=clean_text(failure.message, TEXT_CHARACTERS_MAX),
        provider_code=None if code is None else clean_text(code, TEXT_CHARACTERS_MAX),
    )


def _action(action: NextAction) -> NextAction:
    """Where a browser is sent is never repaired."""
    for text in (action.url, action.client_secret, action.publishable_key):
        if text is not None and (len(text) > LINK_CHARACTERS_MAX or text_problem(text)):
            raise Unreadable("the provider answers a link that cannot be used")
    return action


def _metadata(values: Mapping[str, str]) -> Mapping[str, str]:
    """Keys and values of whoever made the object there; ours are among the first."""
    if len(values) <= _METADATA_MAX and all(
        len(text) <= TEXT_CHARACTERS_MAX and text_problem(text) is None for pair in values.items() for text in pair
    ):
        return values
    kept = list(values.items())[:_METADATA_MAX]
    return {clean_text(key, TEXT_CHARACTERS_MAX): clean_text(value, TEXT_CHARACTERS_MAX) for key, value in kept}
