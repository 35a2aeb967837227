"""Looks of documents: configuration of organizations and sites, and published templates."""

import base64
import re
from typing import Any, Final, Protocol

from gateway_contracts.aggregates import Scope
from gateway_contracts.config import OrganizationConfig, SiteConfig
from invoice.domain.content import DocumentKind
from invoice.domain.invoice import Invoice
from invoice.domain.printed import DEFAULT_COLOR, Logo, Look, LookChoice, Paper, paper_of
from invoice.domain.template import Design, Template
from invoice.ports import Stores

_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_PAPERS: Final[dict[Any, Paper]] = {"a4": "a4", "letter": "letter"}


class Configuration(Protocol):
    """Configuration from memory, also of what was closed meanwhile."""

    def last_organization(self, identifier: str) -> OrganizationConfig | None: ...

    def last_site(self, identifier: str) -> SiteConfig | None: ...


class ConfiguredLooks:
    """Paper by the organization's setting ``paperFormat``, else by the seller's country; color of template or site."""

    def __init__(self, config: Configuration, stores: Stores) -> None:
        self._config = config
        self._stores = stores

    async def choose(self, invoice: Invoice, kind: DocumentKind, country: str | None) -> LookChoice:
        template = await self._published(invoice, kind)
        return LookChoice(
            paper=self._paper(invoice.scope, country),
            color=self._color(invoice.site_id),
            template=template.published if template else None,
        )

    async def open(self, scope: Scope, choice: LookChoice) -> Look:
        version = None
        if choice.template is not None:
            version = await self._stores.template_versions.get(None, scope, choice.template)
        design = version.design if version else Design()
        return Look(choice.paper, design.color or choice.color, _logo(design), design.source)

    async def draft(self, template: Template, country: str | None) -> Look:
        color = template.draft.color or self._color(template.site_id)
        return Look(self._paper(template.scope, country), color, _logo(template.draft), template.draft.source)

    async def failed(self, scope: Scope, choice: LookChoice, error: str) -> None:
        where = {"published": choice.template}
        template = await self._stores.templates.first(None, scope, where)
        if template is not None and template.last_error != error:
            # Where another version was published meanwhile, the error says nothing about it.
            noted = template.changed(last_error=error)
            await self._stores.templates.now.replace(template, noted, guard=("published",))

    async def _published(self, invoice: Invoice, kind: DocumentKind) -> Template | None:
        """That of the site, else that of all sites."""
        for site_id in (invoice.site_id, ""):
            where = {"kind": kind, "site_id": site_id}
            found = await self._stores.templates.first(None, invoice.scope, where)
            if found is not None and found.published is not None:
                return found
        return None

    def _paper(self, scope: Scope, country: str | None) -> Paper:
        organization = self._config.last_organization(scope.organization_id)
        settings = organization.invoicing_of(livemode=scope.mode) if organization else {}
        return _PAPERS.get(settings.get("paperFormat")) or paper_of(country)

    def _color(self, site_id: str) -> str:
        site = self._config.last_site(site_id) if site_id else None
        color = site.branding.get("primaryColor", "") if site else ""
        return color.lower() if _COLOR.fullmatch(color) else DEFAULT_COLOR


def _logo(design: Design) -> Logo | None:
    if design.logo is None or design.logo_type is None:
        return None
    return Logo(design.logo_type, base64.b64decode(design.logo))
