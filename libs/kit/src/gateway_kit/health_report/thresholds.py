"""The values above which an operator looks closer, declared here once; ``docs/operating.md`` shows this table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway_contracts.collections import DATABASES
from gateway_contracts.services import SERVICES
from gateway_contracts.topology import EVENT_CONSUMERS
from gateway_kit.health_report.finding import N_, Finding

BUS: Final = "the bus"
DATABASE: Final = "the database"


@dataclass(frozen=True)
class Threshold:
    """One measured value.

    Attributes:
        check: the name in ``--json``.
        source: a metric of processes, or a server.
        meaning: what is measured, as the subject of a sentence.
        limit: attention is needed above it.
        unit: behind the value, with its blank.
        advice: what to do.
        services: those that must have the metric.
        is_shared: all processes of a service count the same rows, so that the service is the place.
    """

    check: str
    source: str
    meaning: str
    limit: float
    unit: str
    advice: str
    services: tuple[str, ...] = ()
    is_shared: bool = False

    def findings(self, values: Mapping[str, float]) -> list[Finding]:
        """One sentence for each value above the limit, by its place; else one for all."""
        above = {place: value for place, value in values.items() if value > self.limit}
        if not above:
            largest = max(values.values(), default=0.0)
            pattern = N_("%(meaning)s is %(amount)s at most.") if len(values) > 1 else N_("%(meaning)s is %(amount)s.")
            facts = {"meaning": self.meaning, "amount": self.amount(largest)}
            return [Finding(self.check, "ok", pattern, largest, self.limit, facts)]
        return [self._above(place, value) for place, value in above.items()]

    def amount(self, value: float) -> str:
        """The value with its unit, for people."""
        return f"{_number(value)}{self.unit}"

    def _above(self, place: str, value: float) -> Finding:
        pattern = N_("%(place)s: %(meaning)s is %(amount)s, above %(limit)s: %(advice)s.")
        facts = {
            "place": place,
            "meaning": self.meaning,
            "amount": self.amount(value),
            "limit": self.amount(self.limit),
            "advice": self.advice,
        }
        return Finding(self.check, "attention", pattern, value, self.limit, facts)


_WITH_DATABASE: Final = tuple(DATABASES)
_CONSUMING: Final = tuple(dict.fromkeys(spec.service for spec in EVENT_CONSUMERS))

OF_PROCESSES: Final = (
    Threshold(
        "outbox_age",
        "gateway_outbox_age_seconds",
        N_("the age of the oldest event that is not published"),
        10,
        " s",
        N_("the bus does not acknowledge"),
        _WITH_DATABASE,
    ),
    Threshold(
        "set_aside",
        "gateway_set_aside",
        N_("the number of rows that are set aside"),
        0,
        "",
        N_("see their dead letters, mend the cause, then redrive"),
        _WITH_DATABASE,
        is_shared=True,
    ),
    Threshold(
        "backlog",
        "gateway_backlog",
        N_("the number of messages that wait for another attempt"),
        1_000,
        "",
        N_("messages fail, or one tenant has more than its share"),
        _CONSUMING,
    ),
    Threshold(
        "notifications_waiting",
        "gateway_ipn_waiting",
        N_("the number of notifications that wait for their next attempt"),
        1_000,
        "",
        N_("servers of merchants do not answer"),
        ("svc-ipn",),
    ),
    Threshold(
        "notifications_overdue",
        "gateway_ipn_overdue_seconds",
        N_("the time that the first notification has been due"),
        5,
        " s",
        N_("svc-ipn is behind; add a process, or look at its database"),
        ("svc-ipn",),
    ),
    Threshold(
        "documents_waiting",
        "gateway_documents_waiting",
        N_("the number of documents without their PDF"),
        500,
        "",
        N_("svc-invoice is behind, unless there was a burst of payments"),
        ("svc-invoice",),
    ),
    Threshold(
        "documents_set_aside",
        "gateway_documents_set_aside",
        N_("the number of documents that were given up"),
        0,
        "",
        N_("mend the cause, then redrive the letters of svc-invoice"),
        ("svc-invoice",),
        is_shared=True,
    ),
    Threshold(
        "certificates_missing",
        "gateway_certificates_missing",
        N_("the number of active domains without a valid certificate"),
        0,
        "",
        N_("the page of operations names them; see the log of the edge and the records of the domain"),
        ("svc-domains",),
    ),
    Threshold(
        "certificates_late",
        "gateway_certificates_late",
        N_("the number of certificates that should have been renewed"),
        0,
        "",
        N_("less than 14 days are left; see the log of the edge"),
        ("svc-domains",),
    ),
    Threshold(
        "certificates_unchecked",
        "gateway_certificates_unchecked",
        N_("the number of domains for which the edge took no connection"),
        0,
        "",
        N_("EDGE_ADDRESS of svc-domains is wrong, or the edge is down"),
        ("svc-domains",),
    ),
    Threshold(
        "event_loop_lag",
        "gateway_event_loop_lag_seconds",
        N_("the longest delay of the event loop since the last reading"),
        0.2,
        " s",
        N_("if the next check finds it too, the machine is full"),
        tuple(spec.name for spec in SERVICES),
    ),
)
CONSUMER_PENDING: Final = Threshold(
    "consumer_pending",
    BUS,
    N_("the number of messages that are not delivered yet"),
    1_000,
    "",
    N_("add a process of its service, or find what it waits for"),
)
DEAD_LETTERS: Final = Threshold(
    "dead_letters",
    BUS,
    N_("the number of dead letters"),
    0,
    "",
    N_("`gateway dead-letters list` shows them; mend the cause, then redrive"),
)
BUS_DISK: Final = Threshold(
    "bus_disk",
    BUS,
    N_("the used part of the storage"),
    85,
    " %",
    N_("give it more before streams lose their oldest messages"),
)
DATABASE_DISK: Final = Threshold(
    "database_disk",
    DATABASE,
    N_("the used part of the disk"),
    85,
    " %",
    N_("give it more: a full disk stops all payments"),
)
DATABASE_MEMORY: Final = Threshold(
    "database_memory",
    DATABASE,
    N_("the used part of the memory that it may take"),
    90,
    " %",
    N_("give it more, or a smaller cache: the system ends a process that takes too much"),
)
THRESHOLDS: Final = (*OF_PROCESSES, CONSUMER_PENDING, DEAD_LETTERS, BUS_DISK, DATABASE_DISK, DATABASE_MEMORY)


def as_table() -> str:
    """The table of the documentation."""
    lines = ["| check | read from | needs attention |", "|---|---|---|"]
    for each in THRESHOLDS:
        source = f"`{each.source}`" if each.services else each.source
        above = f"{each.meaning} is above {_number(each.limit)}{each.unit}: {each.advice}"
        lines.append(f"| `{each.check}` | {source} | {above} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    text = f"{value:,.{1 if value >= 1 else 2}f}"
    return text.rstrip("0").rstrip(".")
