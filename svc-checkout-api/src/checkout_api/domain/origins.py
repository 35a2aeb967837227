"""Which pages belong to a checkout: origins as browsers send them in ``Origin`` and ``Referer``."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateway_contracts.web_hosts import WebOrigin

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Origin(WebOrigin):
    """The origin of a page."""

    @property
    def is_loopback(self) -> bool:
        """Whether it names this machine."""
        return self.host in _LOOPBACK or self.host.endswith(".localhost")


def calling_page(origin: str | None, referer: str | None) -> Origin | None:
    """The caller: ``Origin``, or the referring page where a browser sends no origin (a same-origin GET)."""
    return Origin.parse(origin) if origin else Origin.parse(referer)


@dataclass(frozen=True)
class PageRules:
    """Where our pages are served.

    Attributes:
        main: the origin of the hosted pages.
        is_active_domain: whether a name is a merchant's active checkout domain.
        is_development: pages opened on the service's own loopback address count too.
    """

    main: Origin
    is_active_domain: Callable[[str], bool]
    is_development: bool = False

    def is_page(self, page: Origin | None, *, own_host: str | None = None) -> bool:
        """Whether the origin is the main frontend or an active custom domain.

        Args:
            page: the calling page.
            own_host: the request's Host header; believed only for loopback during development.
        """
        if page is None:
            return False
        return page == self.main or self._is_custom(page) or self._is_own_loopback(page, own_host)

    def _is_custom(self, page: Origin) -> bool:
        # Behind one Caddy, custom domains share the main frontend's port.
        return page.scheme == "https" and page.port in {443, self.main.port} and self.is_active_domain(page.host)

    def _is_own_loopback(self, page: Origin, own_host: str | None) -> bool:
        return self.is_development and page.is_loopback and Origin.parse(f"http://{own_host or ''}") == page


def is_listed(page: Origin | None, allowed: Iterable[object]) -> bool:
    """Whether a site's own list of origins names the page."""
    return page is not None and any(isinstance(entry, str) and Origin.parse(entry) == page for entry in allowed)
