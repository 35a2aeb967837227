"""Card fields on the checkout page, drawn by a script of the provider's."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway_contracts.money import Money


@dataclass(frozen=True, kw_only=True)
class CardFields:
    """Needs of the checkout page from a provider that takes cards on it.

    Attributes:
        script_url: the provider's own script; an installation may name another one (a simulator's).
        adapter: our script between the page and the provider's. It sets ``window.gatewayCardFields["<type>"]`` to an
            object with ``mount(place, options)``, which draws the fields and resolves to ``check()`` and
            ``confirm(clientSecret, returnUrl)``; both resolve to an error of the provider or to nothing.
        amount: the amount in the unit that the provider's script takes.
        locales: regional languages that the provider's script knows; it is given the plain language for others.
        script_sources, frame_sources, connect_sources: what the provider documents for a content security policy
            beside the origin of its script; they apply only while the script comes from ``script_url``'s host.
    """

    script_url: str
    adapter: Path
    amount: Callable[[Money], int]
    locales: frozenset[str] = frozenset()
    script_sources: tuple[str, ...] = ()
    frame_sources: tuple[str, ...] = ()
    connect_sources: tuple[str, ...] = ()
