"""Dead letters whose headers say otherwise than their subject, which is all that the broker checks."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.client import Client

from gateway_contracts.errors import NotFound
from gateway_kit.nats.dead_letters import DeadLetter, DeadLetters
from gateway_kit.nats.delivery import REDRIVEN_FOR
from gateway_kit.nats.rpc import RpcClient
from gateway_testkit.servers import NatsServer

pytestmark = pytest.mark.integration

CONSUMER = "domains-on-site-deleted"
ORGANIZATION = "65a5000000000000000000f0"
FORGED = {
    "Gw-Dead-Source": "TRANSACTIONS",
    "Gw-Dead-Consumer": "ipn-on-transactions",
    "Gw-Dead-Subject": f"transaction.succeeded.v1.{ORGANIZATION}",
    "Gw-Dead-Reference": "1",
}


def letters_of(client: Client, *, may_publish: bool = True) -> DeadLetters:
    return DeadLetters(client.jetstream(), RpcClient(client), may_publish=may_publish)


async def a_letter(client: Client, subject: str, headers: dict[str, str], body: bytes = b"forged") -> DeadLetter:
    stored = await client.jetstream().publish(subject, body, headers=headers)
    return await letters_of(client).get(stored.seq)


async def ends_of(client: Client, *streams: str) -> list[int]:
    return [(await client.jetstream().stream_info(name)).state.last_seq for name in streams]


@pytest_asyncio.fixture(autouse=True)
async def clean(topology: NatsServer, nats_client: Client) -> AsyncIterator[None]:
    """Tests that come later find nothing of what these stored."""
    yield
    await nats_client.jetstream().purge_stream("TENANCY", subject=f"tenancy.*.v1.{ORGANIZATION}")
    await nats_client.jetstream().purge_stream("DEAD_LETTERS")


async def last_of(client: Client, stream: str) -> Any:
    [end] = await ends_of(client, stream)
    return await client.jetstream().get_msg(stream, seq=end)


@pytest.mark.parametrize("may_publish", [True, False])
@pytest.mark.parametrize(
    "subject", ["dead.TRANSACTIONS.svc-domains", f"dead.INVOICES.{CONSUMER}", "dead.sites.svc-of-another-version"]
)
async def test_a_letter_is_of_the_worker_that_its_subject_names(
    nats_client: Client, subject: str, may_publish: bool
) -> None:
    """One of an unknown worker is refused as `SOURCE_UNKNOWN`, so that a redrive of many goes on after it."""
    streams = ("TRANSACTIONS", "INVOICES", "TENANCY")
    before = await ends_of(nats_client, *streams)
    letter = await a_letter(nats_client, subject, FORGED)

    assert f"dead.{letter.source}.{letter.consumer}" == subject
    with pytest.raises(NotFound) as refused:
        await letters_of(nats_client, may_publish=may_publish).redrive(letter)

    assert refused.value.code == "SOURCE_UNKNOWN"
    assert await ends_of(nats_client, *streams) == before
    assert (await letters_of(nats_client).get(letter.sequence)).sequence == letter.sequence


async def test_what_is_published_again_is_what_the_owner_published(nats_client: Client) -> None:
    subject, body = f"tenancy.site_deleted.v1.{ORGANIZATION}", secrets.token_hex(8).encode()
    original = await nats_client.jetstream().publish(subject, body, headers={"traceparent": "00"})
    other = {
        "Gw-Dead-Subject": f"tenancy.site_created.v1.{ORGANIZATION}",
        "Gw-Dead-Reference": str(original.seq),
        "traceparent": "forged",
    }
    letter = await a_letter(nats_client, f"dead.TENANCY.{CONSUMER}", other)

    assert await letters_of(nats_client).redrive(letter)

    found = await last_of(nats_client, "TENANCY")
    assert (found.subject, found.data, found.headers["traceparent"]) == (subject, body, "00")
    assert found.headers[REDRIVEN_FOR] == CONSUMER


@pytest.mark.parametrize("reference", ["", "x", "999999999", "9" * 30])
async def test_the_letter_is_the_source_of_a_message_that_left_its_stream(nats_client: Client, reference: str) -> None:
    subject, body = f"tenancy.site_deleted.v1.{ORGANIZATION}", secrets.token_hex(8).encode()
    known = {"Gw-Dead-Subject": subject, "Gw-Dead-Reference": reference}
    letter = await a_letter(nats_client, f"dead.TENANCY.{CONSUMER}", known, body)
    without = await a_letter(nats_client, f"dead.TENANCY.{CONSUMER}", {**known, "Gw-Dead-Body": "kept"}, b"")

    assert await letters_of(nats_client).redrive(letter)
    assert (await last_of(nats_client, "TENANCY")).data == body
    with pytest.raises(NotFound) as gone:
        await letters_of(nats_client).redrive(without)
    assert gone.value.code == "MESSAGE_GONE"
