"""Process dead letters again."""

from dataclasses import dataclass
from typing import Final, Literal

from admin_api.operations.ports import Letters
from admin_api.operations.use_cases.list_dead_letters import LetterFilter, list_dead_letters
from admin_api.shared.domain.roles import INSTALLATION
from admin_api.shared.ports import SharedPorts
from gateway_contracts.actor import Actor
from gateway_contracts.errors import GatewayError, NotFound
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.nats.dead_letters import DeadLetter

ACTION: Final = "dead_letter.redrive"
BULK_MAX: Final = 100
"""Letters that one request redrives; it has to end before its caller gives up."""
ROUNDS_MAX: Final = 5
"""Pages of letters that one request looks at: those that are gone stay at the head of the line."""


Outcome = Literal["redriven", "nothing_left", "gone"]
"""``nothing_left``: the row is gone or was not set aside any more. ``gone``: the message left its stream, or this
version has no such worker; the letter stays."""


@dataclass(frozen=True)
class Redriven:
    """One letter."""

    number: int
    outcome: Outcome


@dataclass(frozen=True)
class BulkRedrive:
    """Result of a bulk request.

    Attributes:
        redriven: in the order of the letters.
        has_more: whether letters of the filter are left.
        problem: why it ended before the last letter that it chose.
    """

    redriven: tuple[Redriven, ...]
    has_more: bool
    problem: GatewayError | None = None


async def redrive_dead_letter(number: int, *, actor: Actor, letters: Letters, shared: SharedPorts) -> Redriven:
    """Process one letter again and remove it.

    Raises:
        NotFound: there is no such letter, or its message left its stream.
        Transient: the service that is asked does not answer.
    """
    return await _redrive(await letters.get(number), actor=actor, letters=letters, shared=shared)


async def redrive_dead_letters(
    wanted: LetterFilter, *, actor: Actor, letters: Letters, shared: SharedPorts
) -> BulkRedrive:
    """Process the oldest letters of the filter again, at most `BULK_MAX` of those that are there now.

    It goes on behind letters that are gone, `ROUNDS_MAX` pages at most. A service that does not answer ends it.

    Raises:
        Transient: the service of the first letter does not answer.
    """
    done: list[Redriven] = []
    after: int | None = 0
    for _ in range(ROUNDS_MAX):
        left = BULK_MAX - sum(each.outcome != "gone" for each in done)
        if after is None or left == 0:
            break
        page = await list_dead_letters(wanted, after=after, limit=left, letters=letters)
        after = page.following
        for letter in page.letters:
            try:
                done.append(await _redrive(letter, actor=actor, letters=letters, shared=shared))
            except NotFound:
                done.append(Redriven(letter.sequence, "gone"))
            except GatewayError as exc:
                if not done:
                    raise
                return BulkRedrive(tuple(done), has_more=True, problem=exc)
    return BulkRedrive(tuple(done), has_more=after is not None)


async def _redrive(letter: DeadLetter, *, actor: Actor, letters: Letters, shared: SharedPorts) -> Redriven:
    """The entry of the audit log is written first: a change whose entry cannot be written is not made."""
    facts = {"worker": letter.consumer, "source": letter.source, "reference": letter.reference, "reason": letter.reason}
    changes = {name: {"from": value, "to": None} for name, value in facts.items()}

    async def note(tx: Tx) -> None:
        await shared.audit.note(tx, actor, ACTION, str(letter.sequence), organization_id=INSTALLATION, changes=changes)

    await shared.uow.run(note)
    return Redriven(letter.sequence, "redriven" if await letters.redrive(letter) else "nothing_left")
