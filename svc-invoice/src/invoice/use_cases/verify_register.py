"""Re-checks a register from its first row to its head."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from gateway_contracts.requests.invoice_settings import RegisterProblemCode
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork
from invoice.domain.invoice import Invoice
from invoice.domain.legal_content import register_row
from invoice.domain.register import GENESIS, RegisterHead, RegisterRow, scope_of
from invoice.ports import Stores

BATCH = 500
COUNTED_MAX = 2**31 - 1


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; with its row, unless it concerns the whole register."""

    code: RegisterProblemCode
    sentence: str
    row: RegisterRow | None = None
    document_id: str | None = None

    def __str__(self) -> str:
        row = self.row
        place = f"row {row.position} ({row.number}, document {row.document_id}): " if row else ""
        return place + self.sentence


@dataclass
class Findings:
    """Problems of one register; none means that it holds."""

    register: str
    rows: int = 0
    found: list[Problem] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """Each as a line."""
        return [str(problem) for problem in self.found]

    def report(self, row: RegisterRow, code: RegisterProblemCode, sentence: str) -> None:
        self.found.append(Problem(code, sentence, row))


@dataclass
class _Corrections:
    """Of one document: rows of the register, and those that it has itself."""

    rows: int = 0
    stored: int = 0


@dataclass
class _Walk:
    """Where the check stands: the last seal, and every sequence seen per counter and per text."""

    findings: Findings
    seal: str = GENESIS
    position: int = 0
    by_series: dict[str, list[RegisterRow]] = field(default_factory=lambda: defaultdict(list))
    by_stem: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    numbers: set[str] = field(default_factory=set)
    corrections: dict[str, _Corrections] = field(default_factory=lambda: defaultdict(_Corrections))
    """By document."""


@dataclass(frozen=True)
class _End:
    """The end of a register, read at one moment: rows that came during the walk, and all that counts them."""

    rows: list[RegisterRow]
    documents: dict[str, Invoice]
    counters: dict[str, int]
    head: RegisterHead
    issued: int


async def verify_register(register: str, *, stores: Stores, uow: UnitOfWork) -> Findings:
    """Seals, gaps, duplicates, documents and totals; names each broken row. Documents may be issued meanwhile."""
    walk = _Walk(Findings(register))
    batch: list[RegisterRow] = []
    async for row in stores.register.each({"register": register}, sort=(("position", 1),)):
        _check_link(walk, row)
        batch.append(row)
        if len(batch) == BATCH:
            _check_documents(walk, batch, await _documents(None, register, batch, stores))
            batch = []
    _check_documents(walk, batch, await _documents(None, register, batch, stores))
    _check_end(walk, await uow.run(lambda tx: _end(tx, register, walk.position, stores)))
    return walk.findings


async def _end(tx: Tx, register: str, position: int, stores: Stores) -> _End:
    scope, kind = scope_of(register)
    rows = await stores.register.find(
        tx, {"register": register, "position": {"$gt": position}}, sort=(("position", 1),)
    )
    counters = await stores.counters.find(tx, {"register": register})
    return _End(
        rows=rows,
        documents=await _documents(tx, register, rows, stores),
        counters={counter.id: counter.value for counter in counters},
        head=await stores.heads.get(tx, register) or RegisterHead(id=register),
        issued=await stores.invoices.count(tx, scope, {"kind": kind, "status": "issued"}, limit=COUNTED_MAX),
    )


async def _documents(tx: Tx | None, register: str, rows: Sequence[RegisterRow], stores: Stores) -> dict[str, Invoice]:
    """The issued documents of the rows, by their ids."""
    if not rows:
        return {}
    scope, kind = scope_of(register)
    where = {"kind": kind, "status": "issued", "_id": {"$in": [row.document_id for row in rows]}}
    return {found.id: found for found in await stores.invoices.find(tx, scope, where)}


def _check_end(walk: _Walk, end: _End) -> None:
    findings = walk.findings
    for row in end.rows:
        _check_link(walk, row)
    _check_documents(walk, end.rows, end.documents)
    _check_sequences(walk, end.counters)
    if (end.head.position, end.head.seal) != (walk.position, walk.seal):
        sentence = f"the register ends at row {walk.position}, its head says {end.head.position}"
        findings.found.append(Problem("end_differs", sentence))
    for document_id, counts in sorted(walk.corrections.items()):
        if counts.rows != counts.stored:
            sentence = f"document {document_id} has other corrections than the register"
            findings.found.append(Problem("corrections_differ", sentence, document_id=document_id))
    if end.issued != findings.rows:
        sentence = f"{end.issued} documents are issued, {findings.rows} stand in the register"
        findings.found.append(Problem("count_differs", sentence))


def _check_link(walk: _Walk, row: RegisterRow) -> None:
    findings = walk.findings
    if row.position != walk.position + 1:
        findings.report(row, "row_missing", f"row {walk.position + 1} is missing before it")
    elif row.previous != walk.seal:
        findings.report(row, "row_moved", "it does not follow the row before it")
    if row.seal != row.computed_seal:
        findings.report(row, "row_changed", "it was changed after it was sealed")
    if row.correction is None:
        _count_number(walk, row)
    # Going on from the stored seal names only the rows that are broken themselves.
    walk.position, walk.seal = row.position, row.seal


def _count_number(walk: _Walk, row: RegisterRow) -> None:
    walk.findings.rows += 1
    if row.number in walk.numbers:
        walk.findings.report(row, "number_repeated", "its number was given before")
    walk.numbers.add(row.number)
    walk.by_series[row.series].append(row)
    walk.by_stem[row.stem].add(row.sequence)


def _check_documents(walk: _Walk, rows: Sequence[RegisterRow], documents: Mapping[str, Invoice]) -> None:
    for row in rows:
        document = documents.get(row.document_id)
        if document is None:
            walk.findings.report(row, "document_gone", "its document is gone")
            continue
        counts = walk.corrections[document.id]
        # The latest look counts: a correction during the walk has its row further on.
        counts.stored = len(document.corrections)
        if row.correction is not None and row.correction > counts.stored:
            walk.findings.report(row, "correction_gone", "the correction is gone from its document")
            continue
        counts.rows += row.correction is not None
        for code, sentence in _document_problems(row, document):
            walk.findings.report(row, code, sentence)


def _document_problems(row: RegisterRow, document: Invoice) -> list[tuple[RegisterProblemCode, str]]:
    problems: list[tuple[RegisterProblemCode, str]] = [("totals_differ", one) for one in document.totals.problems()]
    expected = register_row(document, row.position, row.previous, row.correction)
    if expected.document_hash != row.document_hash:
        problems.append(("document_changed", "its document was changed after issue"))
    if (expected.net, expected.vat, expected.total) != (row.net, row.vat, row.total):
        problems.append(("totals_differ", "its totals are not those of its document"))
    if (expected.number, expected.series, expected.sequence) != (row.number, row.series, row.sequence):
        problems.append(("number_differs", "its number is not that of its document"))
    if (expected.issued_on, expected.time_zone) != (row.issued_on, row.time_zone):
        problems.append(("date_differs", "its legal date is not that of its document"))
    return problems


def _check_sequences(walk: _Walk, counters: dict[str, int]) -> None:
    for series, rows in walk.by_series.items():
        ordered = sorted(rows, key=lambda row: row.sequence)
        for earlier, later in pairwise(ordered):
            missing = range(earlier.sequence + 1, later.sequence)
            # A counter may pass over texts that another counter of this register has printed.
            if not all(number in walk.by_stem[later.stem] for number in missing):
                walk.findings.report(later, "numbers_missing", f"numbers are missing between {earlier.number} and it")
        if counters.get(series) != ordered[-1].sequence:
            walk.findings.report(
                ordered[-1], "counter_differs", f"the counter {series} stands at {counters.get(series)}"
            )
