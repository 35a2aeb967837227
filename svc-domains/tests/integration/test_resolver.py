from typing import Any

import pytest

from domains.adapters.resolver import DnsResolver
from domains.domain.dns import DnsAnswer

pytestmark = pytest.mark.integration


@pytest.fixture
def resolver(dns_server: Any) -> DnsResolver:
    return DnsResolver((("127.0.0.1", dns_server.port),), deadline_s=60)


async def test_aliases_are_followed_in_their_order(dns_server: Any, resolver: DnsResolver) -> None:
    dns_server.cname = {"pay.shop.de": "Alias.Shop.de", "alias.shop.de": "pay.gateway.example"}

    assert await resolver.look_up("pay.shop.de") == DnsAnswer("found", ("alias.shop.de", "pay.gateway.example"))


async def test_addresses_are_shown_where_there_is_no_alias(dns_server: Any, resolver: DnsResolver) -> None:
    dns_server.a = {"shop.de": "192.0.2.7"}

    assert await resolver.look_up("shop.de") == DnsAnswer("found", (), ("192.0.2.7",))


async def test_unknown_names_and_circles(dns_server: Any, resolver: DnsResolver) -> None:
    dns_server.cname = {"a.shop.de": "b.shop.de", "b.shop.de": "a.shop.de"}

    assert await resolver.look_up("nowhere.shop.de") == DnsAnswer("unknown_name")
    assert (await resolver.look_up("a.shop.de")).outcome == "looping"


async def test_silence_and_refusal_end_with_the_deadline(dns_server: Any) -> None:
    dns_server.silent = {"quiet.shop.de"}
    dns_server.broken = {"broken.shop.de"}

    resolver = DnsResolver((("127.0.0.1", dns_server.port),), deadline_s=0.6)
    assert await resolver.look_up("quiet.shop.de") == DnsAnswer("unanswered")
    assert await resolver.look_up("broken.shop.de") == DnsAnswer("unanswered")
