"""Names of buyers in lists: a document that cannot be read closes no list of others."""

import pytest
from invoice_world import World

from gateway_kit.crypto.errors import DecryptionFailed
from invoice.rpc.records import listed_buyer, record_of


async def test_the_buyer_of_a_list_has_its_name_alone() -> None:
    world = World()
    assert listed_buyer(await world.issued(), world.deps.cipher) == "Anna Schmidt"


async def test_a_buyer_that_cannot_be_read_has_no_name_in_a_list() -> None:
    world = World()
    foreign = (await world.issued()).changed(buyer=(await world.issued()).buyer)

    assert listed_buyer(foreign, world.deps.cipher) is None
    with pytest.raises(DecryptionFailed):
        record_of(foreign, world.deps.cipher)
