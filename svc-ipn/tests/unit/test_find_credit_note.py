"""The notification of a lost dispute waits for its credit note, for a limited time."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway_contracts.errors import GatewayError, Transient
from gateway_contracts.requests.invoice import CorrectionQuery, CorrectionRef
from gateway_testkit.clock import FrozenClock
from ipn.errors import CreditNotePending
from ipn.use_cases.find_credit_note import PATIENCE, Ask, find_credit_note

WANTED = CorrectionQuery(transaction_id="65a500000000000000000009", origin_id="65a50000000000000000000a")
ISSUED = CorrectionRef(state="issued", credit_note_id="65a50000000000000000000b", number="CN-1")


def answering(answer: CorrectionRef | GatewayError) -> Ask:
    async def ask(wanted: CorrectionQuery) -> CorrectionRef:
        assert wanted == WANTED
        if isinstance(answer, GatewayError):
            raise answer
        return answer

    return ask


@pytest.fixture
def later(frozen_clock: FrozenClock) -> Callable[[timedelta], FrozenClock]:
    """The clock so long after the decision."""

    def advance(by: timedelta) -> FrozenClock:
        frozen_clock.advance(by)
        return frozen_clock

    return advance


@pytest.mark.parametrize("age", [timedelta(0), PATIENCE * 2])
async def test_an_issued_one_is_named_at_once(frozen_clock: FrozenClock, age: timedelta) -> None:
    decided = frozen_clock.now() - age

    assert await find_credit_note(WANTED, decided_at=decided, ask=answering(ISSUED), clock=frozen_clock) == ISSUED


async def test_none_is_due_is_an_answer(frozen_clock: FrozenClock) -> None:
    none = answering(CorrectionRef(state="none"))

    assert await find_credit_note(WANTED, decided_at=frozen_clock.now(), ask=none, clock=frozen_clock) is None


@pytest.mark.parametrize("answer", [CorrectionRef(state="unknown"), Transient("away"), GatewayError("broken there")])
async def test_what_may_still_come_is_waited_for_a_while(
    later: Callable[[timedelta], FrozenClock], frozen_clock: FrozenClock, answer: CorrectionRef | GatewayError
) -> None:
    decided, ask = frozen_clock.now(), answering(answer)

    with pytest.raises(CreditNotePending):
        await find_credit_note(WANTED, decided_at=decided, ask=ask, clock=later(PATIENCE))

    assert await find_credit_note(WANTED, decided_at=decided, ask=ask, clock=later(timedelta(seconds=1))) is None
