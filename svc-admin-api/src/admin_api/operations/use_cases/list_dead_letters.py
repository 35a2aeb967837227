"""Dead letters of all tenants, filtered."""

from dataclasses import dataclass
from typing import Final

from admin_api.operations.ports import Letters
from gateway_contracts.collections import DATABASES
from gateway_contracts.topology import CONSUMERS
from gateway_kit.nats.dead_letters import DeadLetter

WORKERS: Final = (*(spec.durable for spec in CONSUMERS), *DATABASES)
"""A consumer for messages, a service for rows of its database."""
READ_MAX: Final = 500
"""Letters that one request reads, whatever the filters leave of them: each is a request to the bus."""


@dataclass(frozen=True)
class LetterFilter:
    """The letters that a request is about; None: any."""

    worker: str | None = None
    organization_id: str | None = None
    reason: str | None = None

    def takes(self, letter: DeadLetter) -> bool:
        """Whether the letter is one of them; the worker is chosen when letters are read."""
        return self.organization_id in (None, letter.organization_id) and self.reason in (None, letter.reason)


@dataclass(frozen=True)
class LetterPage:
    """Letters, oldest first. ``following``: the number after which the next page begins; None on the last one."""

    letters: tuple[DeadLetter, ...]
    following: int | None


async def list_dead_letters(wanted: LetterFilter, *, after: int, limit: int, letters: Letters) -> LetterPage:
    """One page. It may be short, or empty, although there are more: the number of letters that are read is limited.

    Raises:
        TimeoutError: the bus does not answer.
    """
    found: list[DeadLetter] = []
    read = 0
    async for letter in letters.all(wanted.worker, after=after):
        if len(found) == limit or read == READ_MAX:
            return LetterPage(tuple(found), after)
        read, after = read + 1, letter.sequence
        if wanted.takes(letter):
            found.append(letter)
    return LetterPage(tuple(found), None)
