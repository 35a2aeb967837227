"""Dependencies of request handlers."""

from dataclasses import dataclass
from typing import Annotated, Final, cast

from fastapi import Depends, Request

from checkout_api.domain.origins import Origin, PageRules, calling_page
from checkout_api.ports import Directory, Nudges
from checkout_api.settings import Settings
from checkout_api.web.ownership import Proofs
from gateway_contracts.clock import Clock
from gateway_contracts.documents import Documents
from gateway_contracts.rpc import Rpc
from gateway_kit.crypto.tokens import TokenSealer
from gateway_kit.health import Health
from gateway_kit.limits.buckets import Buckets, Policy

PAY_POLICY: Final = Policy.per_minute("pay", 20)
"""Beginnings of a payment, per session: every one costs a call to a provider."""


@dataclass(frozen=True)
class Deps:
    """Built once in the composition root."""

    settings: Settings
    owners: Rpc
    directory: Directory
    documents: Documents
    nudges: Nudges
    health: Health
    rules: PageRules
    limits: Buckets
    proofs: Proofs

    @property
    def is_https(self) -> bool:
        """Whether customers reach the pages over https."""
        return self.proofs.is_https

    def pages_for(self, request: Request) -> str:
        """The origin of the customer's pages: the merchant's own domain where they use one, else the main frontend.

        Built from settings and the domain's record, never from the Host header itself.
        """
        host = Origin.parse(f"https://{request.headers.get('host', '')}")
        if host is not None and self.rules.is_active_domain(host.host):
            return str(Origin("https", host.host, self.rules.main.port))
        return self.settings.main_frontend_origin.rstrip("/")


def proofs_of(settings: Settings, clock: Clock) -> Proofs:
    """Cookies that every instance of the service reads.

    Raises:
        WeakSystemKey: ``SYSTEM_SEARCH_HASH_KEY`` is missing or guessable.
    """
    sealer = TokenSealer(settings.system_search_hash_key.get_secret_value(), "checkout cookies")
    return Proofs(sealer, clock, is_https=settings.main_frontend_origin.startswith("https://"))


def page_rules(settings: Settings, directory: Directory) -> PageRules:
    """The rules for calling pages.

    Raises:
        ValueError: ``MAIN_FRONTEND_ORIGIN`` is not an origin.
    """
    main = Origin.parse(settings.main_frontend_origin)
    if main is None:
        raise ValueError("MAIN_FRONTEND_ORIGIN must be an origin such as https://pay.example.com")

    def is_active_domain(name: str) -> bool:
        record = directory.domain(name)
        return record is not None and record.state == "active"

    return PageRules(main, is_active_domain, is_development=settings.environment == "development")


def page_of(request: Request) -> Origin | None:
    """The page that calls."""
    return calling_page(request.headers.get("origin"), request.headers.get("referer"))


def _deps(request: Request) -> Deps:
    return cast(Deps, request.app.state.deps)


CurrentDeps = Annotated[Deps, Depends(_deps)]
