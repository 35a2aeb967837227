"""Fault 3: a request of one merchant that was too large for the bus ended the process that serves all."""

import json
from typing import Any

import httpx
import pytest

from gateway_contracts.topology import MESSAGE_BYTES_MAX
from gateway_embedded.environment import MODULES
from gateway_testkit.backlog import is_served
from gateway_testkit.installation import Installation
from gateway_testkit.seller import Seller, Two
from gateway_testkit.shop import checkout_body

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

# What must survive runs as processes of their own, as it is installed.
INSTALLATION = {"processes": frozenset(MODULES)}

CLEAR = {200, 201, 413, 422}
# Around the largest body that has a clear answer, in steps that do not miss a window as wide as a message's headers.
AROUND = range(-300, 1_300, 60)


def body_of(seller: Seller, size: int) -> bytes:
    """A request to create a checkout, in that many bytes."""
    item: dict[str, Any] = {"name": "x" * 500, "description": "x" * 2_000, "quantity": 1, "unitPrice": 10}
    count = size // len(json.dumps(item)) + 1
    items = [dict(item) for _ in range(count)]
    body = checkout_body(seller.server.url, items=items, amount=10 * count)
    surplus = len(json.dumps(body)) - size
    for each in items:
        left = max(1, len(each["description"]) - surplus)
        surplus -= len(each["description"]) - left
        each["description"] = each["description"][:left]
    return json.dumps(body).encode()


async def largest_answered(seller: Seller) -> int:
    """The size of the largest body with a clear answer, to some bytes: what is made of it still fits into the bus."""
    answered, failed = 100_000, MESSAGE_BYTES_MAX + 1
    while failed - answered > 50:
        size = (answered + failed) // 2
        if await send(seller, body_of(seller, size)) in CLEAR:
            answered = size
        else:
            failed = size
    return answered


async def send(seller: Seller, content: bytes) -> int:
    """The status of the answer; 0 when the server hung up."""
    headers = {"Authorization": f"Bearer {seller.tenant.key}", "Content-Type": "application/json"}
    base = seller.tenant.stack.descriptor["urls"]["adminApi"]
    async with httpx.AsyncClient(base_url=f"{base}/api/v1", headers=headers, timeout=120) as http:
        try:
            return (await http.post(f"/checkouts/{seller.site_id}/create", content=content)).status_code
        except httpx.TransportError:
            return 0


async def look(seller: Seller) -> int:
    """The status of a request for a list; 0 without an answer."""
    try:
        return (await seller.ask("GET", "/transactions?limit=1")).status_code
    except httpx.TransportError:
        return 0


async def test_the_api_of_b_answers_and_no_process_ends(two: Two, installation: Installation) -> None:
    before = {name: installation.parts.running[name].pid for name in MODULES}
    edge = await largest_answered(two.a)
    statuses: dict[int, int] = {}
    served: list[int] = []
    for size in (edge + step for step in AROUND):
        statuses[size] = await send(two.a, body_of(two.a, size))
        served.append(await look(two.b))

    assert set(served) == {200}
    assert set(statuses.values()) <= CLEAR, statuses
    assert {name: installation.parts.running[name].pid for name in MODULES} == before
    assert [name for name in MODULES if installation.parts.running[name].popen.poll() is not None] == []
    await is_served(two.b, await two.b.pay())
