"""How organizations present themselves, from the configuration."""

import re
from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.config import OrganizationConfig, SiteConfig
from gateway_contracts.events.tenancy import OF_INSTALLATION
from gateway_kit.nats.config_cache import ConfigCache
from notify.ports import Names

_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_COLOR_DEFAULT: Final = "#1f2937"
_COMPANY: Final = "companyName"


class ConfiguredOrganizations:
    """See the port. What belongs to a closed organization or a deleted site keeps its last name.

    Args:
        installation: the name of the installation for those who run it.
    """

    def __init__(self, config: ConfigCache, *, installation: str) -> None:
        self._config = config
        self._installation = installation

    def names(self, scope: Scope) -> Names:
        if scope.organization_id == OF_INSTALLATION:
            return Names(self._installation, _COLOR_DEFAULT)
        organization = self._config.last_organization(scope.organization_id)
        site = self._config.last_site(scope.site_id) if scope.site_id else None
        return Names(_name(organization, livemode=scope.mode), _color(site))


def _name(organization: OrganizationConfig | None, *, livemode: bool) -> str:
    if organization is None:
        return ""
    company = organization.invoicing_of(livemode=livemode).get(_COMPANY)
    return company if isinstance(company, str) and company else organization.name


def _color(site: SiteConfig | None) -> str:
    color = site.branding.get("primaryColor", "") if site else ""
    return color if _COLOR.fullmatch(color) else _COLOR_DEFAULT
