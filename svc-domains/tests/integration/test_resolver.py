import asyncio
from typing import Any

import pytest

from domains.adapters.resolver import CHECKS_PER_ORGANIZATION_MAX, DnsResolver
from domains.domain.dns import DnsAnswer
from domains.errors import TooManyChecks
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration


@pytest.fixture
def resolver(dns_server: Any) -> DnsResolver:
    return DnsResolver((("127.0.0.1", dns_server.port),), deadline_s=60)


async def test_aliases_are_followed_in_their_order(dns_server: Any, resolver: DnsResolver) -> None:
    dns_server.cname = {"pay.shop.de": "Alias.Shop.de", "alias.shop.de": "pay.gateway.example"}

    assert await resolver.look_up("pay.shop.de", organization_id="a") == DnsAnswer(
        "found", ("alias.shop.de", "pay.gateway.example")
    )


async def test_addresses_are_shown_where_there_is_no_alias(dns_server: Any, resolver: DnsResolver) -> None:
    dns_server.a = {"shop.de": "192.0.2.7"}

    assert await resolver.look_up("shop.de", organization_id="a") == DnsAnswer("found", (), ("192.0.2.7",))


async def test_unknown_names_and_circles(dns_server: Any, resolver: DnsResolver) -> None:
    dns_server.cname = {"a.shop.de": "b.shop.de", "b.shop.de": "a.shop.de"}

    assert await resolver.look_up("nowhere.shop.de", organization_id="a") == DnsAnswer("unknown_name")
    assert (await resolver.look_up("a.shop.de", organization_id="a")).outcome == "looping"


async def test_silence_and_refusal_end_with_the_deadline(dns_server: Any) -> None:
    dns_server.silent = {"quiet.shop.de"}
    dns_server.broken = {"broken.shop.de"}

    resolver = DnsResolver((("127.0.0.1", dns_server.port),), deadline_s=0.6)
    assert await resolver.look_up("quiet.shop.de", organization_id="a") == DnsAnswer("unanswered")
    assert await resolver.look_up("broken.shop.de", organization_id="a") == DnsAnswer("unanswered")


async def test_unanswered_checks_of_one_organization_leave_those_of_another_alone(
    dns_server: Any, resolver: DnsResolver
) -> None:
    dns_server.cname = {"pay.shop.de": "pay.gateway.example"}
    slow = [
        asyncio.create_task(resolver.look_up(f"n{number}.silent.test", organization_id="a")) for number in range(100)
    ]
    await eventually(lambda: len(set(dns_server.asked)) == CHECKS_PER_ORGANIZATION_MAX)

    assert (await resolver.look_up("pay.shop.de", organization_id="b")).aliases == ("pay.gateway.example",)

    refused = [task for task in slow if task.done() and isinstance(task.exception(), TooManyChecks)]
    assert len(refused) == 100 - 2 * CHECKS_PER_ORGANIZATION_MAX
    assert len({name for name in dns_server.asked if name.endswith("silent.test")}) == CHECKS_PER_ORGANIZATION_MAX
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
