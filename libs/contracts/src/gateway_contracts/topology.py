"""Streams, durable consumers, buckets: plain data, applied by one job and verified by every service at start."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

CONFIG_BUCKET: Final = "config"
DOCUMENTS_BUCKET: Final = "documents"
LIMITS_BUCKET: Final = "limits"
"""What instances of a service admitted of late."""
LIMITS_BYTES_MAX: Final = 64 * 1024**2
LIMITS_TTL: Final = timedelta(minutes=2)
"""Longer than any limit's window."""
NATS_VERSION_MIN: Final = (2, 12)
MONGODB_VERSION_MIN: Final = (6, 0)

MESSAGE_BYTES_MAX: Final = 1024 * 1024
"""Headers and body of one message; the server's own limit (``max_payload``) and that of every stream."""
HEADER_BYTES_MAX: Final = 8 * 1024
"""Headers of one message, including those that its dead letter adds."""
BODY_BYTES_MAX: Final = MESSAGE_BYTES_MAX - HEADER_BYTES_MAX
"""The body of an event or of a request between services."""
HOOK_BODY_BYTES_MAX: Final = 512 * 1024
"""Ciphertext and headers fit beside it into one message."""
REPLY_BYTES_MAX: Final = 512 * 1024
SUBJECT_CHARS_MAX: Final = 512
"""Of a subject or reply subject. The server closes a connection after a command line of more than 4,096 bytes."""


Storage = Literal["file", "scratch"]
"""``file``: an acknowledged message is on disk. ``scratch``: written without fsync, on one server; after a crash of the
server the stream is there and its last messages may not be."""


@dataclass(frozen=True)
class StreamSpec:
    """One stream. ``atomic`` allows batches that share one fsync; ``owner`` is the only service that publishes.

    ``is_public``: the API shows its events to the organization that they belong to.
    """

    name: str
    subjects: tuple[str, ...]
    owner: str
    max_age: timedelta = timedelta(days=30)
    max_bytes: int = 8 * 1024**3
    duplicate_window: timedelta = timedelta(minutes=10)
    storage: Storage = "file"
    atomic: bool = True
    is_public: bool = False


@dataclass(frozen=True)
class ConsumerSpec:
    """One durable pull consumer.

    Attributes:
        retry_schedule_s: delays before each further attempt at a failed message, in seconds; after the last one the
            message is a dead letter.
        ack_wait_s: a handler that takes longer is taken for dead and the message is delivered again.
        workers: messages of one tenant handled at the same time by one process (also the size of a fetch).
        max_deliver: a net for faults of the server or of this code: failed messages leave the consumer at once, so
            that only an unavailable database or a crash makes further deliveries.
    """

    durable: str
    stream: str
    filter_subject: str
    service: str
    retry_schedule_s: tuple[float, ...] = (0.5, 2, 5, 15, 30, 60, 120, 300, 600, 1800)
    ack_wait_s: float = 60
    workers: int = 32
    max_ack_pending: int = 512
    max_deliver: int = 1_000

    @property
    def dead_subject(self) -> str:
        """Where its dead letters go."""
        return f"dead.{self.stream}.{self.durable}"


STREAMS: Final = (
    StreamSpec("PROVIDER_EVENTS", ("provider.event_received.v1.*",), "svc-webhook-ingest"),
    StreamSpec(
        "TRANSACTIONS",
        ("checkout.*.*.*", "transaction.*.*.*", "ledger.*.*.*", "refund.*.*.*", "dispute.*.*.*", "case.*.*.*"),
        "svc-transaction",
        is_public=True,
    ),
    StreamSpec("INVOICES", ("invoice.*.*.*", "credit_note.*.*.*"), "svc-invoice", is_public=True),
    StreamSpec("IPN", ("ipn.*.*.*",), "svc-ipn", is_public=True),
    StreamSpec("DOMAINS", ("domain.*.*.*",), "svc-domains", is_public=True),
    StreamSpec("NOTIFICATIONS", ("notification.*.*.*",), "svc-notify", is_public=True),
    StreamSpec("TENANCY", ("tenancy.*.*.*",), "svc-admin-api", is_public=True),
    StreamSpec("DEAD_LETTERS", ("dead.*.*",), "*", max_age=timedelta(days=90), atomic=False),
    # What the server gave up by itself; the consumer's service makes letters of it.
    StreamSpec(
        "ADVISORIES",
        tuple(f"$JS.EVENT.ADVISORY.CONSUMER.{kind}.*.*" for kind in ("MAX_DELIVERIES", "MSG_TERMINATED")),
        "*",
        max_bytes=64 * 1024**2,
        atomic=False,
    ),
    StreamSpec(
        "TRACES", ("trace.*",), "*", max_age=timedelta(hours=1), max_bytes=64 * 1024**2, storage="scratch", atomic=False
    ),
)

PUBLIC_STREAMS: Final = tuple(spec.name for spec in STREAMS if spec.is_public)

EVENT_CONSUMERS: Final = (
    ConsumerSpec(
        "transaction-on-provider-events", "PROVIDER_EVENTS", "provider.event_received.v1.*", "svc-transaction"
    ),
    ConsumerSpec("ipn-on-transactions", "TRANSACTIONS", "transaction.*.*.*", "svc-ipn"),
    ConsumerSpec("ipn-on-disputes", "TRANSACTIONS", "dispute.*.*.*", "svc-ipn"),
    # Issuing takes milliseconds: what a killed process held comes back soon, and the inbox knows what was done.
    ConsumerSpec(
        "invoice-on-transaction-succeeded",
        "TRANSACTIONS",
        "transaction.succeeded.v1.*",
        "svc-invoice",
        ack_wait_s=15,
    ),
    ConsumerSpec("invoice-on-refunds", "TRANSACTIONS", "refund.*.*.*", "svc-invoice", ack_wait_s=15),
    ConsumerSpec("invoice-on-disputes", "TRANSACTIONS", "dispute.closed.v1.*", "svc-invoice", ack_wait_s=15),
    ConsumerSpec("admin-on-transaction-succeeded", "TRANSACTIONS", "transaction.succeeded.v1.*", "svc-admin-api"),
    # Figures of days: no caller waits for an event, so that many share a transaction.
    ConsumerSpec("reporting-on-transactions", "TRANSACTIONS", "transaction.*.*.*", "svc-reporting", workers=128),
    ConsumerSpec("reporting-on-ledger", "TRANSACTIONS", "ledger.*.*.*", "svc-reporting", workers=128),
    ConsumerSpec("reporting-on-cases", "TRANSACTIONS", "case.*.*.*", "svc-reporting"),
    ConsumerSpec("reporting-on-drafts", "INVOICES", "invoice.drafted.v1.*", "svc-reporting"),
    ConsumerSpec("reporting-on-notifications", "IPN", "ipn.*.*.*", "svc-reporting", workers=128),
    ConsumerSpec("notify-on-transaction-succeeded", "TRANSACTIONS", "transaction.succeeded.v1.*", "svc-notify"),
    ConsumerSpec("notify-on-transaction-failed", "TRANSACTIONS", "transaction.failed.v1.*", "svc-notify"),
    ConsumerSpec("notify-on-invoice-rendered", "INVOICES", "invoice.rendered.v1.*", "svc-notify"),
    ConsumerSpec("notify-on-credit-note-rendered", "INVOICES", "credit_note.rendered.v2.*", "svc-notify"),
    ConsumerSpec("notify-on-member-invited", "TENANCY", "tenancy.member_invited.v1.*", "svc-notify"),
    ConsumerSpec("domains-on-site-deleted", "TENANCY", "tenancy.site_deleted.v1.*", "svc-domains"),
)

ADVISORY_CONSUMERS: Final = tuple(
    ConsumerSpec(f"{prefix}-on-advisories", "ADVISORIES", "$JS.EVENT.ADVISORY.CONSUMER.*.*.*", service, workers=4)
    for prefix, service in {spec.durable.split("-on-")[0]: spec.service for spec in EVENT_CONSUMERS}.items()
)
"""One for each service with consumers: it makes letters of what the server gave up of its own consumers."""

CONSUMERS: Final = EVENT_CONSUMERS + ADVISORY_CONSUMERS


def stream(name: str) -> StreamSpec:
    """The stream of that name.

    Raises:
        KeyError: there is none.
    """
    return {spec.name: spec for spec in STREAMS}[name]


def consumer(durable: str) -> ConsumerSpec:
    """The consumer of that name.

    Raises:
        KeyError: there is none.
    """
    return {spec.durable: spec for spec in CONSUMERS}[durable]
