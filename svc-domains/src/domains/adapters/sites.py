"""Sites as the configuration bucket knows them."""

from gateway_kit.nats.config_cache import ConfigCache


class ConfiguredSites:
    """The Sites port."""

    def __init__(self, config: ConfigCache) -> None:
        self._config = config

    async def belongs_to(self, site_id: str, organization_id: str) -> bool:
        """See the port. A site that was made a moment ago costs one direct read."""
        site = await self._config.fetch_site(site_id)
        return site is not None and site.organization_id == organization_id
