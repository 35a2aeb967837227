"""Rights on the bus: the permissions of each service's NATS user are derived from this data."""

from dataclasses import dataclass
from typing import Final, Literal

from gateway_contracts.topology import PUBLIC_STREAMS


@dataclass(frozen=True)
class ServiceAccess:
    """The bus rights of one service; its consumers come from the topology.

    Attributes:
        rpc_name: it answers ``rpc.<rpc_name>.*`` (None: it answers nothing).
        calls: request subjects that it may send.
        publishes: event subjects that it may publish.
        config_writes: key patterns of the ``config`` bucket that it may put (everyone may read).
        documents: its right on the ``documents`` object store.
        listens: subjects that it hears as a nudge, without a durable consumer.
        reads: streams whose stored messages it may read by sequence; that needs no consumer, and gives no right to one.
        limits: whether its instances share rate limits, under its own keys of the ``limits`` bucket.
        operates: whether it serves the operators' pages: it may read the state of every stream and consumer (numbers,
            no messages), and read and remove dead letters.
    """

    service: str
    rpc_name: str | None = None
    calls: tuple[str, ...] = ()
    publishes: tuple[str, ...] = ()
    config_writes: tuple[str, ...] = ()
    documents: Literal["read", "write"] | None = None
    listens: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    limits: bool = False
    operates: bool = False


ACCESS: Final = (
    ServiceAccess(
        "svc-admin-api",
        rpc_name="admin",
        calls=(
            "rpc.transaction.*",
            "rpc.invoice.*",
            "rpc.ipn.*",
            "rpc.domains.*",
            "rpc.reporting.*",
            "rpc.notify.*",
            # Its own dead letters are processed again by any of its instances.
            "rpc.admin.redrive_row",
            "rpc.admin.redrive_message",
        ),
        publishes=("tenancy.*.*.*",),
        config_writes=("org.>", "site.>", "provider.>", "dek.>", "kms.>", "rotation.>"),
        documents="read",
        reads=(*PUBLIC_STREAMS, "TRACES"),
        limits=True,
        operates=True,
    ),
    ServiceAccess(
        "svc-checkout-api",
        calls=(
            "rpc.ingest.public_accept_webhook",
            "rpc.transaction.public_get_checkout",
            "rpc.transaction.public_create_transaction",
            "rpc.transaction.public_get_status",
            "rpc.transaction.public_cancel",
            "rpc.transaction.public_mark_pending",
            "rpc.transaction.public_sync",
            "rpc.invoice.public_list_documents",
        ),
        documents="read",
        listens=("transaction.*.*.*", "invoice.rendered.v1.*"),
        limits=True,
    ),
    ServiceAccess("svc-webhook-ingest", rpc_name="ingest", publishes=("provider.event_received.v1.*",)),
    ServiceAccess(
        "svc-transaction",
        rpc_name="transaction",
        calls=("rpc.admin.report_reencryption", "rpc.invoice.get_correction"),
        publishes=(
            "checkout.*.*.*",
            "transaction.*.*.*",
            "ledger.*.*.*",
            "refund.*.*.*",
            "dispute.*.*.*",
            "case.*.*.*",
        ),
    ),
    ServiceAccess(
        "svc-invoice",
        rpc_name="invoice",
        calls=(
            "rpc.admin.report_reencryption",
            "rpc.transaction.create_checkout",
            "rpc.transaction.get_checkout",
            "rpc.transaction.get_transaction",
        ),
        publishes=("invoice.*.*.*", "credit_note.*.*.*"),
        documents="write",
    ),
    ServiceAccess(
        "svc-ipn",
        rpc_name="ipn",
        calls=("rpc.admin.report_reencryption", "rpc.invoice.get_correction"),
        publishes=("ipn.*.*.*",),
    ),
    ServiceAccess("svc-domains", rpc_name="domains", publishes=("domain.*.*.*",), config_writes=("domain.>",)),
    ServiceAccess("svc-reporting", rpc_name="reporting"),
    ServiceAccess(
        "svc-notify",
        rpc_name="notify",
        calls=(
            "rpc.admin.report_reencryption",
            "rpc.invoice.get_invoice",
            "rpc.invoice.get_invoice_pdf",
            "rpc.invoice.get_credit_note",
            "rpc.invoice.get_credit_note_pdf",
            "rpc.transaction.get_transaction",
        ),
        publishes=("notification.*.*.*",),
        documents="read",
    ),
)


def access_of(service: str) -> ServiceAccess:
    """The rights of that service.

    Raises:
        KeyError: there is no such service.
    """
    return {entry.service: entry for entry in ACCESS}[service]
