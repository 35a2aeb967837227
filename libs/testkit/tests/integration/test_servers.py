import pytest
from nats.aio.client import Client as NatsClient

from gateway_testkit.plugin import TestDatabase

pytestmark = pytest.mark.integration


async def test_transactions_work(database: TestDatabase) -> None:
    async with database.client.start_session() as session, await session.start_transaction():
        await database.db.outbox.insert_one({"_id": "1"}, session=session)
    assert await database.db.outbox.count_documents({}) == 1


@pytest.mark.database("gw_invoice")
async def test_the_indexes_are_there(database: TestDatabase) -> None:
    assert "state_1_organization_id_1__id_1" in await database.db.outbox.index_information()


async def test_jetstream_acknowledges(nats_client: NatsClient) -> None:
    js = nats_client.jetstream()
    await js.add_stream(name="PROBE", subjects=["probe"])
    assert (await js.publish("probe", b"hello")).seq == 1
    await js.delete_stream("PROBE")


async def test_documents_of_a_clock_in_the_past_stay(database: TestDatabase) -> None:
    """The server would delete them once a minute, in the middle of a test that counts on its inbox."""
    answer = await database.client.admin.command("getParameter", ttlMonitorEnabled=1)
    assert answer["ttlMonitorEnabled"] is False
