"""A message to one recipient and its states.

waiting ──taken──▶ sent
waiting ──refused for now──▶ waiting (by the schedule), at its end: failed
waiting ──refused for good──▶ failed
sent, failed ──sent again by request──▶ waiting
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Final, Literal

from gateway_contracts.aggregates import Aggregate, Appended
from gateway_contracts.encrypted import EncryptedValue, SystemValue
from gateway_contracts.notification_fields import RETENTION_DAYS_MIN, Audience, Channel
from gateway_contracts.requests.notify import DocumentKind
from notify.domain.kinds import MessageKind
from notify.domain.outcome import Attempt, Outcome
from notify.domain.schedule import NOT_READY, NOT_READY_MAX, next_attempt_at

ATTEMPTS_KEPT: Final = 30
SECRET_KINDS: Final[frozenset[MessageKind]] = frozenset({"member.invited", "operator.invited"})
"""Messages that hold a secret: their content is erased when they were taken."""

StoredState = Literal["waiting", "sent", "failed", "set_aside"]


class Message(Aggregate):
    """One message.

    Attributes:
        PLACE: the collection, to which its encrypted values are bound.
        key: of what is announced to whom; unique, so that nothing is announced twice.
        recipient: encrypted address or URL. ``recipient_hash``: finds it.
        content: encrypted facts as JSON; None once they were erased.
        language: of the recipient.
        document: what is attached, by its kind; ``object_id`` is its id then.
        requested: sent by a request: a missing document is an error then.
        made: attempts of the present round. ``round``: how often it was sent again by request.
        template_id: the organization's template of the last attempt.
    """

    PLACE: ClassVar[str] = "messages"

    livemode: bool
    site_id: str | None = None
    key: str
    kind: MessageKind
    channel: Channel
    audience: Audience
    state: StoredState = "waiting"
    recipient: EncryptedValue
    recipient_hash: str | None = None
    content: EncryptedValue | None = None
    language: str
    object_id: str | None = None
    document: DocumentKind | None = None
    requested: bool = False
    attempts: Annotated[tuple[Attempt, ...], Appended(ATTEMPTS_KEPT)] = ()
    made: int = 0
    round: int = 0
    template_id: str | None = None
    due_at: datetime
    sent_at: datetime | None = None
    kept_until: datetime
    correlation_id: str
    created_at: datetime

    def after(
        self, outcome: Outcome, *, began: datetime, now: datetime, jitter: float, template_id: str | None
    ) -> "Message":
        """The message with one more attempt, and what follows from it."""
        took = round((now - began).total_seconds() * 1000)
        attempt = Attempt(began, outcome.verdict, outcome.error, outcome.reply_code, outcome.enhanced_code, took)
        common: dict[str, Any] = {
            "attempts": (*self.attempts, attempt),
            "made": self.made + 1,
            "template_id": template_id,
        }
        if outcome.verdict == "sent":
            erased = {"content": None} if self.kind in SECRET_KINDS else {}
            return self.changed(state="sent", sent_at=now, **common, **erased)
        due_at = None
        if outcome.verdict == "temporary":
            due_at = next_attempt_at(self.made + 1, now=now, jitter=jitter)
        if due_at is None:
            return self.changed(state="failed", **common)
        return self.changed(due_at=due_at, **common)

    @property
    def mail_id(self) -> str:
        """The same for every attempt of a round: receivers that get one twice show it once."""
        return f"{self.id}.{self.round}"

    def waits_for_document(self, now: datetime) -> datetime | None:
        """When to look for the document again without counting an attempt; None when that took too long."""
        return now + NOT_READY if now - self.created_at < NOT_READY_MAX else None

    def again(self, now: datetime) -> "Message":
        """Due now. A message that was over begins a new round, and is another mail for its recipient."""
        if self.state == "waiting":
            return self.changed(due_at=now)
        kept_until = max(self.kept_until, now + timedelta(days=RETENTION_DAYS_MIN))
        return self.changed(state="waiting", due_at=now, made=0, round=self.round + 1, kept_until=kept_until)


class OperatorMessage(Message):
    """A message to a person who runs the installation: its values are under the system key."""

    PLACE: ClassVar[str] = "operator_messages"

    recipient: SystemValue
    content: SystemValue | None = None
