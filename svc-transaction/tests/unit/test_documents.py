"""Documents are read and written in the form that they had before the persistence kernel."""

from pathlib import Path
from typing import Any

import bson
import pytest
from bson import json_util
from bson.json_util import JSONOptions

from gateway_contracts.money import Money
from gateway_kit.mongo.documents import StoredDocument
from gateway_testkit.memory.database import decoded
from transaction.domain.reports import PaymentReported
from transaction.domain.states import Status
from transaction.domain.stored_entry import StoredEntry
from transaction.domain.transaction import Transaction
from transaction.store.documents import DOCUMENTS

# One row of each collection, written by the last version before the kernel.
ROWS: dict[str, dict[str, Any]] = json_util.loads(
    Path(__file__).with_name("rows_before_the_kernel.json").read_text(), json_options=JSONOptions(tz_aware=True)
)
# Fields that rows have since; earlier ones are read without them.
SINCE: dict[str, Any] = {
    "version": 1,
    "closed_at": None,
    "description": None,
    "site_id": None,
    "correlation_id": None,
    "requests": None,
    "shipping": None,
}
EARLIER = [document for document in DOCUMENTS if document.collection.name in ROWS]
SINCE_IN_TIMELINE: dict[str, Any] = {"correlation_id": None, "failure": None}
KEYS = ["000002", "000004", "3000000000/2"]
"""What the row of a payment is searched by since."""


@pytest.mark.parametrize("document", EARLIER, ids=lambda document: document.collection.name)
def test_a_row_is_read_and_written_as_before(document: type[StoredDocument]) -> None:
    name = document.collection.name
    aggregate = document.aggregate_class().model_validate({**ROWS[name], "id": ROWS[name]["_id"]})

    written = decoded(bson.encode(document.row_of(aggregate)))

    added = {field: value for field, value in SINCE.items() if field not in ROWS[name] and field in written}
    if name == "transactions":
        added["search_keys"] = KEYS
        added["timeline"] = [entry | SINCE_IN_TIMELINE for entry in ROWS[name]["timeline"]]
    assert written == ROWS[name] | added


def test_values_are_those_of_the_domain() -> None:
    rows = {name: {**row, "id": row["_id"]} for name, row in ROWS.items()}
    transaction = Transaction.model_validate(rows["transactions"])
    assert transaction.status is Status.FAILED
    assert [entry.type for entry in transaction.timeline] == ["declined", "declined"]
    entry = StoredEntry.model_validate(rows["ledger_entries"]).entry
    assert [leg.amount for leg in entry.postings] == [Money(4900, "EUR"), Money(-4900, "EUR")]
    fact = next(doc for doc in DOCUMENTS if doc.collection.name == "parked_events")
    parked: Any = fact.aggregate_class().model_validate(rows["parked_events"])
    assert isinstance(parked.fact, PaymentReported)


def test_a_field_that_an_older_version_did_not_store_has_its_default() -> None:
    row = {name: value for name, value in ROWS["provider_calls"].items() if name not in ("attempts", "missed")}
    document = next(doc for doc in DOCUMENTS if doc.collection.name == "provider_calls")

    operation: Any = document.aggregate_class().model_validate({**row, "id": row["_id"]})

    assert (operation.attempts, operation.missed, operation.version) == (0, 0, 1)


def test_every_index_is_on_fields_of_its_document() -> None:
    for document in DOCUMENTS:
        aggregate = document.aggregate_class()
        known = {"_id", *aggregate.model_fields, *aggregate.model_computed_fields}
        for index in document.collection.indexes:
            assert {path.partition(".")[0] for path, _ in index.keys} <= known
