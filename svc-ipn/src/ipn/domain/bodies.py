"""Both versions of the body (``ipnVersion``). Built once per delivery and never changed afterwards."""

import json
from datetime import datetime

from ipn.domain.changes import Change, Facts, IpnVersion


def body_of(change: Change, facts: Facts, ipn_version: IpnVersion) -> str:
    """The JSON text that is signed and sent."""
    fields = _v1(change, facts) if ipn_version == 1 else _v2(change, facts)
    present = {name: value for name, value in fields.items() if value not in (None, "")}
    return json.dumps(present, separators=(",", ":"), ensure_ascii=False)


def _v1(change: Change, facts: Facts) -> dict[str, object]:
    return {
        "id": change.transaction_id,
        "externalReference": facts.external_reference,
        "status": change.ipn_status,
        "disputeStatus": facts.dispute_status,
        "disputeId": facts.dispute_id,
        "creditNoteId": facts.credit_note_id,
        "creditNoteNumber": facts.credit_note_number,
    }


def _v2(change: Change, facts: Facts) -> dict[str, object]:
    return {
        "schemaVersion": 2,
        "id": change.transaction_id,
        "externalReference": facts.external_reference or facts.invoice_number,
        "status": change.ipn_status,
        "deliveryId": change.delivery_id,
        "eventVersion": change.event_version,
        "occurredAt": _rfc3339(facts.occurred_at),
        "sessionPublicId": facts.session_public_id,
    }


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
