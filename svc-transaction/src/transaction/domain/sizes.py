"""How large a merchant's texts may be together. Pure.

The limit of a single field is in the type of the request; merged metadata is checked here, since no request holds it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pydantic import TypeAdapter, ValidationError

from gateway_contracts.errors import TooLarge
from gateway_contracts.events.transaction import Party
from gateway_contracts.limits import TEXTS_BYTES_MAX
from gateway_contracts.requests.transaction import CreateCheckout
from gateway_contracts.rules import refusal
from gateway_contracts.sale_facts import OrderFacts, facts_of
from gateway_contracts.sale_fields import Metadata
from gateway_contracts.texts import utf8_size

_METADATA: Final = TypeAdapter[dict[str, str]](Metadata)


def require_texts_fit(texts: Iterable[str | None]) -> None:
    """
    Raises:
        TooLarge: together they have more than `TEXTS_BYTES_MAX` bytes.
    """
    size = sum(utf8_size(text) for text in texts if text)
    if size > TEXTS_BYTES_MAX:
        raise TooLarge(f"the texts have {size} bytes; all together may have {TEXTS_BYTES_MAX}")


def texts_of(command: CreateCheckout) -> Iterator[str | None]:
    """Every text that its merchant chose."""
    for item in command.items:
        yield item.name
        yield item.description
    yield from command.metadata.values()
    for party in (command.party, command.shipping or Party()):
        yield from party.model_dump().values()
    yield from (command.return_url, command.cancel_url, command.ipn_url, *facts_of(command, OrderFacts).values())


def require_metadata(metadata: Mapping[str, str]) -> None:
    """
    Raises:
        Invalid: over a limit.
    """
    try:
        _METADATA.validate_python(metadata)
    except ValidationError as exc:
        raise refusal(exc, "metadata") from None
