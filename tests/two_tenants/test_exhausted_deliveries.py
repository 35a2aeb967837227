"""Fault 6: a message that was delivered too often without an acknowledgement disappeared without a trace."""

import asyncio
from typing import Any

import pytest

from gateway_contracts.topology import consumer
from gateway_testkit.backlog import letters_of
from gateway_testkit.forking import run_module
from gateway_testkit.handover import deliver_without_end
from gateway_testkit.installation import Installation
from gateway_testkit.seller import Seller, Two
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

INSTALLATION: dict[str, Any] = {}

INVOICES = "invoice-on-transaction-succeeded"
# A crash loop of some minutes.
CRASHES = 15


@pytest.mark.nightly
async def test_a_message_that_was_delivered_often_is_handled(two: Two, installation: Installation) -> None:
    await installation.stop("svc-invoice")
    payment = await two.b.pay()
    await two.b.succeeded(payment)
    await deliver_without_end(installation, INVOICES, CRASHES)

    await installation.start("svc-invoice")

    assert (await two.b.pdf(payment)).startswith(b"%PDF")
    assert await letters_of(installation, two.b.tenant.organization_id) == []


async def test_what_the_broker_gave_up_is_seen_counted_and_redriven(two: Two, installation: Installation) -> None:
    organization_id = two.b.tenant.organization_id
    await installation.stop("svc-invoice")
    payment = await two.b.pay()
    await two.b.succeeded(payment)
    await deliver_without_end(installation, INVOICES, consumer(INVOICES).max_deliver)

    await installation.start("svc-invoice")

    [letter] = await eventually(lambda: letters_of(installation, organization_id))
    assert letter["Gw-Dead-Consumer"] == INVOICES
    await eventually(lambda: _is_counted(installation))
    await is_invoiced(two.a)
    await redrive(installation, INVOICES)
    assert (await two.b.pdf(payment)).startswith(b"%PDF")
    assert await letters_of(installation, organization_id) == []


async def _is_counted(installation: Installation) -> bool:
    metrics = await installation.metrics("svc-invoice")
    return metrics.get(f'gateway_dead_letters{{consumer="{INVOICES}"}}', 0) >= 1


async def is_invoiced(seller: Seller) -> None:
    """Another merchant is served meanwhile."""
    assert (await seller.pdf(await seller.pay())).startswith(b"%PDF")


async def redrive(installation: Installation, worker: str) -> None:
    """The operator's command, after the cause was mended."""
    variables = installation.parts.env.operator()
    command = ("gateway_cli", "dead-letters", "redrive", "--yes", "--all", worker)
    log = installation.parts.log("redrive")
    code, output = await asyncio.to_thread(run_module, *command, log=log, env=variables)
    assert code == 0, output
