"""An organization's own template: a draft that changes, and versions that never do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway_contracts.aggregates import Aggregate, Scope, TenantEntity
from invoice.domain.content import DocumentKind


@dataclass(frozen=True)
class Design:
    """Decisions of its author.

    Attributes:
        source: None for the default template.
        logo: base64 of a checked image.
        color: ``#rrggbb``; None for the site's.
    """

    source: str | None = None
    logo: str | None = None
    logo_type: Literal["image/png", "image/jpeg"] | None = None
    color: str | None = None


class TemplateVersion(TenantEntity):
    """A published design; documents name it, so it is kept also when its template is gone."""

    livemode: bool
    template_id: str
    number: int
    design: Design
    created_at: datetime


class Template(Aggregate):
    """One per kind of document and site, or per kind for all sites that have no own one.

    Attributes:
        site_id: empty for all sites.
        published: id of the version in use; None before the first.
        last_error: why a document was printed without it, last.
    """

    livemode: bool
    site_id: str = ""
    kind: DocumentKind
    name: str
    draft: Design
    created_at: datetime
    changed_at: datetime
    published: str | None = None
    published_number: int | None = None
    published_at: datetime | None = None
    last_error: str | None = None
    has_changes: bool = True

    @property
    def scope(self) -> Scope:
        """The tenant that it belongs to."""
        return Scope(self.organization_id, self.livemode)

    def redrawn(self, name: str, draft: Design, *, at: datetime) -> "Template":
        """With another draft; documents are printed as before."""
        differs = self.has_changes or draft != self.draft
        return self.changed(name=name, draft=draft, changed_at=at, has_changes=differs)

    def next_version(self, version_id: str, *, at: datetime) -> TemplateVersion:
        """Its draft as the version that follows."""
        return TemplateVersion(
            id=version_id,
            organization_id=self.organization_id,
            livemode=self.livemode,
            template_id=self.id,
            number=(self.published_number or 0) + 1,
            design=self.draft,
            created_at=at,
        )

    def publish(self, version: TemplateVersion) -> "Template":
        """Documents are printed with that version from now on."""
        return self.changed(
            published=version.id,
            published_number=version.number,
            published_at=version.created_at,
            has_changes=False,
            last_error=None,
        )
