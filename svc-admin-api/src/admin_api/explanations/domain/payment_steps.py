"""Steps of an order and its payments, from what svc-transaction stores."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from admin_api.explanations.domain.failure_words import failure_words
from admin_api.explanations.domain.step import Outcome, Step
from gateway_contracts.requests.trail import CallTrail, OrderTrail, PaymentTrail, RefundTrail
from gateway_contracts.requests.transaction import Failure, TimelineEntry

SERVICE: Final = "svc-transaction"
_EDGES: Final[Mapping[str, str]] = {"customer": "svc-checkout-api"}
_PERSONS: Final = ("api", "customer", "operator")
_OF_CREATION: Final = frozenset({"call_accepted", "create_refused", "outcome_unknown", "no_such_payment"})
_PUBLISHED: Final[Mapping[str, str]] = {
    "initiated": "transaction.initiated.v1",
    "pending_provider": "transaction.submitted.v1",
    "succeeded": "transaction.succeeded.v1",
    "failed": "transaction.failed.v1",
    "canceled": "transaction.canceled.v1",
    "refunded": "transaction.refunded.v1",
}
_RESTORED: Final = "transaction.restored.v1"
_CALL_OUTCOMES: Final[Mapping[str, Outcome]] = {
    "done": "done",
    "refused": "failed",
    "abandoned": "failed",
    "set_aside": "failed",
}
_REFUND_OUTCOMES: Final[Mapping[str, Outcome]] = {"succeeded": "done", "failed": "failed", "canceled": "failed"}
_LOST: Final = frozenset({"lost", "accepted"})


def order_id(trail: OrderTrail) -> str:
    """Id of the first step of an order."""
    return f"order:{trail.checkout_id}"


def change_id(payment_id: str, number: int) -> str:
    """Id of a change; they are counted from 0."""
    return f"change:{payment_id}:{number}"


def event_id(payment_id: str, number: int) -> str:
    """Id of the event that a change published."""
    return f"event:{payment_id}:{number}"


def report_id(stored_id: str) -> str:
    """Id of the step of a report that is not applied."""
    return f"report:{stored_id}"


def is_published(entry: TimelineEntry) -> bool:
    """Whether a change published an event: the state that others see is another one."""
    return entry.to_status is not None and entry.to_status != entry.from_status


def order_steps(trail: OrderTrail) -> Iterator[Step]:
    """Steps of an order and all its payments."""
    beginning = order_id(trail)
    yield Step(beginning, "order", trail.created_at, f"order.{trail.status}", SERVICE, subject_id=trail.checkout_id)
    for payment in trail.payments:
        yield from _PaymentSteps(payment, beginning).all()


def _milliseconds(start: datetime, end: datetime) -> int:
    return max(0, (end - start) // timedelta(milliseconds=1))


def _failure_values(failure: Failure | None) -> dict[str, str]:
    if failure is None:
        return {}
    code = f"{failure.code}, {failure.provider_code}" if failure.provider_code else failure.code
    return {"reason": failure_words(failure.code, failure.provider_code, failure.message), "code": code}


class _PaymentSteps:
    """Steps of one attempt to pay."""

    def __init__(self, payment: PaymentTrail, beginning: str) -> None:
        self._payment = payment
        self._beginning = beginning
        self._provider = {"provider": payment.provider_type}

    def all(self) -> Iterator[Step]:
        """In no order."""
        for number, entry in enumerate(self._payment.changes):
            yield from self._of_change(number, entry)
        for call in self._payment.calls:
            yield from self._of_call(call)
        for refund in self._payment.refunds:
            yield self._of_refund(refund)
        yield from self._of_disputes()
        yield from self._of_cases()
        yield from self._of_reports()

    def _of_change(self, number: int, entry: TimelineEntry) -> Iterator[Step]:
        step = change_id(self._payment.id, number)
        cause = self._cause_of_change(number, entry)
        if cause == f"webhook:{entry.event_id}":
            yield self._of_webhook(cause, entry)
        elif cause == f"request:{entry.correlation_id}":
            yield self._of_request(entry)
        yield self._changed(step, entry, cause)
        if is_published(entry):
            was_refunded = entry.from_status == "refunded" and entry.to_status == "succeeded"
            name = _RESTORED if was_refunded else _PUBLISHED.get(entry.to_status or "", "")
            yield Step(
                event_id(self._payment.id, number),
                "event",
                entry.at,
                "event",
                SERVICE,
                cause=step,
                values={"type": name},
                subject_id=self._payment.id,
            )

    def _changed(self, step: str, entry: TimelineEntry, cause: str) -> Step:
        is_end = entry.to_status == "failed" and is_published(entry)
        failure = _failure_values(entry.failure or (self._payment.failure if is_end else None))
        outcome: Outcome = "done"
        if is_end or failure:
            code, outcome = ("change.failed" if is_end else "change.tried"), "failed"
            code = code if failure else "change.moved"
        elif entry.effect == "case":
            code, outcome = "change.case", "waiting"
        else:
            code = "change.moved" if is_published(entry) else "change.noted"
        return Step(
            step,
            "change",
            entry.at,
            code,
            SERVICE,
            cause=cause,
            values={"what": entry.type, "status": entry.to_status or "", **failure},
            outcome=outcome,
            # A call that was refused says why by itself.
            is_reason=outcome == "failed" and not cause.startswith("call:"),
            subject_id=self._payment.id,
            trace_id=entry.trace_id,
        )

    def _cause_of_change(self, number: int, entry: TimelineEntry) -> str:
        if number > 0:
            closed = next((call.id for call in self._payment.calls if call.closed_at == entry.at), None)
            if closed is not None and entry.event_id is None:
                return f"call:{closed}"
            if entry.type in _OF_CREATION and (creation := self._creation()) is not None:
                return creation
        if entry.event_id is not None:
            return f"webhook:{entry.event_id}"
        if entry.correlation_id is not None and entry.source in _PERSONS:
            return f"request:{entry.correlation_id}"
        return self._beginning if number == 0 else self._start()

    def _of_webhook(self, step: str, entry: TimelineEntry) -> Step:
        return Step(
            step,
            "webhook",
            entry.at,
            "webhook",
            "svc-webhook-ingest",
            cause=self._creation() or self._start(),
            values=self._provider,
            subject_id=entry.event_id,
            trace_id=entry.trace_id,
        )

    def _of_request(self, entry: TimelineEntry) -> Step:
        return Step(
            f"request:{entry.correlation_id}",
            "request",
            entry.at,
            f"request.{entry.source}",
            _EDGES.get(entry.source, "svc-admin-api"),
            cause=self._beginning,
            subject_id=entry.correlation_id,
            trace_id=entry.trace_id,
        )

    def _of_call(self, call: CallTrail) -> Iterator[Step]:
        outcome = _CALL_OUTCOMES.get(call.state, "waiting")
        is_refused_creation = call.kind == "create" and outcome == "failed"
        failure = _failure_values(self._payment.failure) if is_refused_creation else {}
        yield Step(
            f"call:{call.id}",
            "call",
            call.created_at,
            "call.refused_because" if "code" in failure else f"call.{call.state}",
            SERVICE,
            cause=self._cause_of_call(call),
            values={**self._provider, "what": f"call_{call.kind}", **failure},
            outcome=outcome,
            # A refused refund says why by itself.
            is_reason=outcome == "failed" and call.refund_id is None,
            subject_id=call.id,
            duration_ms=None if call.closed_at is None else _milliseconds(call.created_at, call.closed_at),
        )

    def _cause_of_call(self, call: CallTrail) -> str:
        if call.kind == "create":
            return self._start()
        if call.refund_id is not None:
            return f"refund:{call.refund_id}"
        if call.case_id is not None:
            return f"case:{call.case_id}"
        return self._change_at(call.created_at) or self._start()

    def _of_refund(self, refund: RefundTrail) -> Step:
        outcome = _REFUND_OUTCOMES.get(refund.status, "waiting")
        failure = _failure_values(refund.failure) if outcome == "failed" else {}
        cause = self._change_at(refund.created_at) or self._start()
        return Step(
            f"refund:{refund.id}",
            "refund",
            refund.created_at,
            "refund.failed_because" if failure else f"refund.{outcome}",
            SERVICE,
            cause=f"case:{refund.case_id}" if refund.case_id else cause,
            values={"source": f"refund_{refund.source}", **failure},
            outcome=outcome,
            is_reason=outcome == "failed",
            subject_id=refund.id,
            duration_ms=_milliseconds(refund.created_at, refund.updated_at),
        )

    def _of_disputes(self) -> Iterator[Step]:
        for dispute in self._payment.disputes:
            is_lost = dispute.status in _LOST
            yield Step(
                f"dispute:{dispute.id}",
                "dispute",
                dispute.opened_at,
                "dispute",
                SERVICE,
                cause=self._change_at(dispute.opened_at) or self._start(),
                values={"kind": dispute.kind, "status": dispute.status},
                outcome="failed" if is_lost else "done" if dispute.closed_at else "waiting",
                is_reason=is_lost,
                subject_id=dispute.id,
            )

    def _of_cases(self) -> Iterator[Step]:
        for case in self._payment.cases:
            is_open = case.status == "open"
            yield Step(
                f"case:{case.id}",
                "case",
                case.created_at,
                "case.open" if is_open else "case.closed",
                SERVICE,
                cause=self._change_at(case.created_at) or self._start(),
                values={"kind": str(case.kind), "status": case.status},
                outcome="waiting" if is_open else "done",
                subject_id=case.id,
            )

    def _of_reports(self) -> Iterator[Step]:
        """Reports that are not applied. Their webhook may have brought others, which are changes below a step of
        their own."""
        for report in self._payment.reports:
            is_given_up = report.state == "set_aside"
            yield Step(
                report_id(report.id),
                "webhook",
                report.created_at,
                f"report.{report.state}",
                SERVICE,
                cause=self._creation() or self._start(),
                values=self._provider,
                outcome="failed" if is_given_up else "waiting",
                is_reason=is_given_up,
                subject_id=report.event_id,
            )

    def _start(self) -> str:
        return change_id(self._payment.id, 0)

    def _creation(self) -> str | None:
        """The call that made the payment at its provider."""
        return next((f"call:{call.id}" for call in self._payment.calls if call.kind == "create"), None)

    def _change_at(self, moment: object) -> str | None:
        """The change that was stored in the same database transaction: they have the same time."""
        changes = enumerate(self._payment.changes)
        return next((change_id(self._payment.id, number) for number, entry in changes if entry.at == moment), None)
