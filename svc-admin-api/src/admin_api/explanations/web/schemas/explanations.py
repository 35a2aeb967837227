"""Explanations as answers."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import Field

from admin_api.explanations.domain.sentences import sentence_of
from admin_api.explanations.domain.step import Kind, Outcome, Step
from admin_api.explanations.domain.subject import SUBJECT_ID
from admin_api.explanations.use_cases.explain import Explanation
from admin_api.shared.domain.causes import Node
from admin_api.shared.web.schemas.base import View

SubjectId = Annotated[
    str,
    Path(
        pattern=SUBJECT_ID,
        description="Id of a transaction, checkout, refund, dispute, case, invoice or credit note; of a notification, "
        "provider operation, webhook, event, trace or request (`X-Request-ID`); or the reference, invoice number or id "
        "at the provider of one order.",
    ),
]


class StepView(View):
    """One thing that happened."""

    id: str = Field(description="Unique within the answer.")
    cause: str | None = Field(description="Id of the step that caused it; null for a beginning.")
    cause_lost: bool = Field(description="Whether its cause is not stored any more.")
    depth: int = Field(description="Number of steps above it.")
    kind: Kind = Field(description="Kind of the step.")
    at: datetime = Field(description="When it began.")
    duration_ms: int | None = Field(description="How long it took; null where that is not stored.")
    outcome: Outcome = Field(description="`done`, `waiting` or `failed`.")
    is_reason: bool = Field(description="Whether it says why something failed.")
    is_subject: bool = Field(description="Whether it is about the id that was asked for.")
    text: str = Field(description="What happened, in English; may change.")
    code: str = Field(description="Stable name of the sentence.")
    values: dict[str, str] = Field(description="Values of the sentence.")
    service: str = Field(description="The service that knows it.")
    subject_id: str | None = Field(description="Id of the object, event or request that it is about.")
    trace_id: str | None = Field(description="Id of the trace, where there was one.")

    @classmethod
    def at_place(cls, node: Node[Step], *, is_subject: bool) -> "StepView":
        """The answer for a step of a tree."""
        step = node.step
        return cls(
            id=step.id,
            cause=node.cause,
            cause_lost=node.is_cause_lost,
            depth=node.depth,
            kind=step.kind,
            at=step.at,
            duration_ms=step.duration_ms,
            outcome=step.outcome,
            is_reason=step.is_reason,
            is_subject=is_subject,
            text=sentence_of(step),
            code=step.code,
            values=dict(step.values),
            service=step.service,
            subject_id=step.subject_id,
            trace_id=step.trace_id,
        )


class ExplanationView(View):
    """An order as a tree of causes: each step stands after the step that caused it."""

    id: str = Field(description="The id that was asked for.")
    checkout_id: str = Field(description="Id of the order's checkout.")
    transaction_ids: tuple[str, ...] = Field(description="Its attempts to pay, oldest first.")
    reasons: tuple[str, ...] = Field(description="Why something failed: one sentence each, oldest first.")
    steps: tuple[StepView, ...] = Field(description="All steps, each after its cause.")
    unavailable: tuple[str, ...] = Field(
        description="Parts that cannot be read at the moment: `notifications`, `documents`."
    )
    is_complete: bool = Field(description="Whether no step was left out because there are too many.")

    @classmethod
    def of(cls, explanation: Explanation) -> "ExplanationView":
        """The answer for an explanation."""
        subjects = explanation.subject_steps
        return cls(
            id=explanation.id,
            checkout_id=explanation.checkout_id,
            transaction_ids=explanation.payment_ids,
            reasons=tuple(sentence_of(step) for step in explanation.reasons),
            steps=tuple(StepView.at_place(node, is_subject=node.step.id in subjects) for node in explanation.nodes),
            unavailable=explanation.unavailable,
            is_complete=explanation.is_complete,
        )
