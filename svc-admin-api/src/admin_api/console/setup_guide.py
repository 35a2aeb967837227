"""The steps of an organization from nothing to live payments, checked by what the API answers; nothing is kept."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from admin_api.console.forms.fields import Row
from admin_api.console.forms.form import path_of
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor

_SHOWN: Final = 100
SETUP: Final = "/setup"
API_KEYS: Final = "/organizations/{organization_id}/api-keys"


@dataclass(frozen=True)
class Link:
    """A page that leads on. With a mode, it is opened in that mode."""

    title: str
    path: str
    mode: Literal["test", "live"] | None = None


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        slug: its name in the page.
        text: what it is for.
        lacks: what is missing; empty: it is done.
        about: the object that lacks it, such as a provider.
        link: where to do it, or to see it.
    """

    slug: str
    title: str
    text: str
    lacks: str = ""
    about: str = ""
    link: Link | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing is missing."""
        return not self.lacks


@dataclass(frozen=True)
class Found:
    """Objects of the organization that the API has.

    Attributes:
        providers: by mode.
        paid: the latest successful payment of test mode, if any.
        tried: the latest payment of test mode, if any.
    """

    sites: Sequence[Row]
    providers: dict[str, Sequence[Row]]
    keys: Sequence[Row]
    paid: Row | None
    tried: Row | None


async def look(visitor: Visitor) -> Found:
    """Ask the API for all of it at once.

    Raises:
        Refused: it does not answer some of it.
    """
    api = visitor.api
    test = replace(api, mode="test")
    sites, live_providers, test_providers, keys, paid, tried = await asyncio.gather(
        api.read("/sites", limit=_SHOWN),
        replace(api, mode="live").read("/providers", limit=_SHOWN),
        test.read("/providers", limit=_SHOWN),
        api.read(path_of(API_KEYS, visitor)),
        test.read("/transactions", status="succeeded", limit=1),
        test.read("/transactions", limit=1),
    )
    return Found(
        sites=sites["sites"],
        providers={"live": live_providers["providers"], "test": test_providers["providers"]},
        keys=keys["apiKeys"],
        paid=_first(paid["transactions"]),
        tried=_first(tried["transactions"]),
    )


def steps_of(found: Found) -> list[Step]:
    """The steps in their order."""
    return [
        _site(found),
        _provider(found, "test"),
        _key(found, livemode=False),
        _payment(found),
        _provider(found, "live"),
        _key(found, livemode=True),
    ]


def offering_site(found: Found) -> Row | None:
    """A site where a test checkout can be paid."""
    ready = {row["id"] for row in found.providers["test"] if _is_ready(row)}
    return next((site for site in found.sites if ready & set(site["providerIds"])), None)


def _is_ready(provider: Row) -> bool:
    return bool(provider["enabled"] and provider["state"] == "ready")


def _first(rows: Sequence[Any]) -> Any:
    return rows[0] if rows else None


def _site(found: Found) -> Step:
    step = Step("site", N_("A site"), N_("Your storefront: its name and look on the payment page."))
    if found.sites:
        return replace(step, link=Link(N_("Sites"), "/sites"))
    return replace(step, lacks=N_("There is no site yet."), link=Link(N_("New site"), "/sites/new"))


def _provider(found: Found, mode: Literal["test", "live"]) -> Step:
    if mode == "test":
        step = Step("provider", N_("A provider for tests"), N_("An account where money moves in tests only."))
    else:
        step = Step("live-provider", N_("A provider for live payments"), N_("The account that receives the money."))
    rows = found.providers[mode]
    offered = {one for site in found.sites for one in site["providerIds"]}
    if not rows:
        link = Link(N_("New provider"), "/providers/new", mode)
        return replace(step, lacks=N_("There is none yet."), link=link)
    enabled = [row for row in rows if row["enabled"]]
    ready = [row for row in rows if _is_ready(row)]
    if any(row["id"] in offered for row in ready):
        return replace(step, link=Link(N_("Providers"), "/providers", mode))
    [row, *_] = ready or enabled or rows
    link = Link(N_("Show"), f"/providers/{row['id']}", mode)
    if ready:
        site = _first(found.sites)
        link = Link(N_("Sites"), f"/sites/{site['id']}" if site else "/sites")
        return replace(step, lacks=N_("No site offers it: choose it at the site."), about=row["label"], link=link)
    lacks = N_("Some values of it are still missing.") if enabled else N_("It is disabled.")
    return replace(step, lacks=lacks, about=row["label"], link=link)


def _key(found: Found, *, livemode: bool) -> Step:
    if livemode:
        step = Step("live-key", N_("An API key for live payments"), N_("The shop uses it from now on."))
    else:
        step = Step("key", N_("An API key for tests"), N_("The shop creates checkouts with it."))
    valid = [key for key in found.keys if key["livemode"] is livemode and key["revokedAt"] is None]
    if not valid:
        return replace(step, lacks=N_("There is none yet."), link=Link(N_("New API key"), "/api-keys/new"))
    return replace(step, link=Link(N_("API keys"), "/api-keys"))


def _payment(found: Found) -> Step:
    step = Step("payment", N_("The first test payment"), N_("A checkout that is paid with the provider's test data."))
    if found.paid:
        return replace(step, link=Link(N_("Show the payment"), f"/payments/{found.paid['id']}", "test"))
    if found.tried:
        link = Link(N_("Show the payment"), f"/payments/{found.tried['id']}", "test")
        return replace(step, lacks=N_("A payment was begun, and none has succeeded yet."), link=link)
    return replace(step, lacks=N_("No payment was begun yet."))
