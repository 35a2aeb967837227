"""Dead letters as answers, and which of them are processed again."""

import json
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import Field

from admin_api.operations.use_cases.list_dead_letters import WORKERS, LetterFilter
from admin_api.operations.use_cases.redrive_dead_letters import BULK_MAX, BulkRedrive, Redriven
from admin_api.shared.web.schemas.base import View
from gateway_contracts.bodies import Body
from gateway_contracts.limits import SHORT_CHARACTERS_MAX
from gateway_contracts.list_filters import IdFilter
from gateway_kit.nats.dead_letters import DeadLetter

BODY_SHOWN_MAX: Final = 64 * 1024
Worker = Literal[WORKERS]  # type: ignore[valid-type]  # the names are data of the topology


class DeadLetterView(View):
    """A message or row that could not be processed."""

    number: int = Field(description="Number of the letter.")
    parked_at: datetime = Field(description="Time at which it was given up, in UTC.")
    worker: str = Field(description="Consumer that gave a message up, or service of a row.")
    source: str = Field(description="Stream of a message, or collection of a row.")
    reference: str = Field(description="Number of the message in its stream, or id of the row.")
    organization_id: str | None = Field(description="Id of the organization; null where it is not known.")
    reason: str = Field(description="Type of the error.", examples=["Conflict"])
    origin: str = Field(description="File and line of the code at which the error was raised.")
    subject: str | None = Field(description="Subject on which a message was published; null for a row.")
    deliveries: int = Field(description="Attempts before it was given up; 0 where they are not known.")
    size_bytes: int = Field(description="Size of the message or row.")

    @classmethod
    def of(cls, letter: DeadLetter) -> "DeadLetterView":
        """The answer for a letter, without its body."""
        return cls(**_head(letter))


class DeadLetterDetailView(DeadLetterView):
    """A dead letter with the original message. Personal data in it are encrypted and stay so."""

    headers: dict[str, str] = Field(description="Headers of the message.")
    body: dict[str, Any] | None = Field(
        description="The message as it was published; null for a row, which stays in its database, for a message that "
        "is no JSON object, and above 64 KiB."
    )

    @classmethod
    def of(cls, letter: DeadLetter) -> "DeadLetterDetailView":
        """The answer for a letter."""
        return cls(**_head(letter), headers=letter.headers, body=_body(letter))


class DeadLetterListView(View):
    """Dead letters, oldest first."""

    dead_letters: list[DeadLetterView] = Field(
        description="Letters of this page. It may be short although there are more: a request reads a limited number."
    )
    next_after: int | None = Field(description="Send it as `after` to read on; null on the last page.")


class RedriveIn(Body):
    """The dead letters that are processed again, oldest first; without a field all of them."""

    worker: Worker | None = Field(
        None, description="Only letters of this consumer or service.", examples=["ipn-on-transactions"]
    )
    organization_id: IdFilter | None = Field(None, description="Only letters of this organization.")
    reason: str | None = Field(
        None, max_length=SHORT_CHARACTERS_MAX, description="Only letters with this reason, such as `Conflict`."
    )

    def filter(self) -> LetterFilter:
        """For the use case."""
        return LetterFilter(self.worker, self.organization_id, self.reason)


class RedrivenView(View):
    """Result for one dead letter."""

    number: int = Field(description="Number of the letter.")
    outcome: Literal["redriven", "nothing_left", "gone"] = Field(
        description="`redriven`: it is processed again, and the letter is removed. `nothing_left`: its row is gone or "
        "was not set aside any more; the letter is removed. `gone`: the message left its stream, or this version has "
        "no such worker; the letter stays."
    )

    @classmethod
    def of(cls, redriven: Redriven) -> "RedrivenView":
        """The answer for one."""
        return cls(number=redriven.number, outcome=redriven.outcome)


class BulkRedrivenView(View):
    """Result of a bulk request."""

    redriven: list[RedrivenView] = Field(
        description=f"The letters in their order: at most {BULK_MAX}, and those before them that are `gone`."
    )
    has_more: bool = Field(description="Whether letters are left: send the request again with another key.")
    problem_code: str | None = Field(
        description="Error code for which it ended early, such as SERVICE_UNAVAILABLE; null where it did not."
    )

    @classmethod
    def of(cls, done: BulkRedrive) -> "BulkRedrivenView":
        """The answer."""
        return cls(
            redriven=[RedrivenView.of(each) for each in done.redriven],
            has_more=done.has_more,
            problem_code=None if done.problem is None else done.problem.code,
        )


def _head(letter: DeadLetter) -> dict[str, Any]:
    return {
        "number": letter.sequence,
        "parked_at": letter.parked_at,
        "worker": letter.consumer,
        "source": letter.source,
        "reference": letter.reference,
        "organization_id": letter.organization_id or None,
        "reason": letter.reason,
        "origin": letter.origin,
        "subject": letter.subject or None,
        "deliveries": letter.deliveries,
        "size_bytes": letter.size,
    }


def _body(letter: DeadLetter) -> dict[str, Any] | None:
    if len(letter.body) > BODY_SHOWN_MAX:
        return None
    try:
        body = json.loads(letter.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
