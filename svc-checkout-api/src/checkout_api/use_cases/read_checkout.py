"""Read a checkout for a page that embeds it."""

from checkout_api.domain.origins import Origin, PageRules, is_listed
from checkout_api.errors import origin_not_allowed
from checkout_api.ports import Directory
from checkout_api.use_cases.find_session import find_session
from gateway_contracts.requests.customer import Session
from gateway_contracts.rpc import Rpc


async def read_checkout(
    name: str, page: Origin | None, *, own_host: str | None, owners: Rpc, directory: Directory, rules: PageRules
) -> Session:
    """The session, if the calling page is ours, the merchant's domain, or on the site's list.

    Raises:
        Forbidden: any other page, or none at all.
        NotFound: no such session.
    """
    if page is None:
        raise origin_not_allowed()
    session = await find_session(name, owners=owners)
    if rules.is_page(page, own_host=own_host) and _serves(directory, page, session.organization_id):
        return session
    site = directory.site(session.site_id)
    if site is None or not is_listed(page, _entries(site.settings.get("allowedOrigins"))):
        raise origin_not_allowed()
    return session


def _serves(directory: Directory, page: Origin, organization_id: str) -> bool:
    """A merchant's domain shows that merchant's checkouts only."""
    domain = directory.domain(page.host)
    return domain is None or domain.organization_id == organization_id


def _entries(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
