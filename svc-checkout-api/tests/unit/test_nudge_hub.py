"""Event streams: one transaction and one address leave the others theirs."""

from contextlib import ExitStack

import pytest

from checkout_api.adapters.nudge_hub import SHARE_OF_ADDRESS, WATCHERS_PER_TRANSACTION_MAX, NudgeHub
from gateway_contracts.errors import RateLimited, Transient

GREEDY, OTHER = "203.0.113.66", "203.0.113.5"


def test_one_address_leaves_the_others_their_streams() -> None:
    hub = NudgeHub(watchers_max=160)
    with ExitStack() as streams:
        for number in range(160 // SHARE_OF_ADDRESS):
            streams.enter_context(hub.watch(f"t{number}", GREEDY))
        with pytest.raises(RateLimited):
            streams.enter_context(hub.watch("one-more", GREEDY))
        streams.enter_context(hub.watch("other", OTHER))

    with hub.watch("again", GREEDY):
        pass
    assert hub.held == 0


def test_one_transaction_has_few_windows_from_wherever() -> None:
    hub = NudgeHub(watchers_max=160)
    with ExitStack() as streams:
        for number in range(WATCHERS_PER_TRANSACTION_MAX):
            streams.enter_context(hub.watch("t", f"198.51.100.{number}"))
        with pytest.raises(RateLimited):
            streams.enter_context(hub.watch("t", OTHER))
        streams.enter_context(hub.watch("u", OTHER))


def test_a_full_or_closing_process_sends_pages_elsewhere() -> None:
    hub = NudgeHub(watchers_max=2)
    with hub.watch("t", GREEDY), hub.watch("u", OTHER), pytest.raises(Transient), hub.watch("v", "198.51.100.1"):
        pass
    hub.close()
    with pytest.raises(Transient), hub.watch("t", OTHER):
        pass
