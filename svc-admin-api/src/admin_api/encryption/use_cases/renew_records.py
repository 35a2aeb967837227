"""Configuration records whose values were encrypted again: with a new version, published by the same transaction."""

from collections.abc import Sequence
from typing import Any

from admin_api.tenancy.domain.records import R
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.versioned_records import ORGANIZATION, PROVIDER, SITE, RecordKind
from gateway_kit.mongo.reencrypt import Renewal, Rewrite
from gateway_kit.mongo.unit_of_work import Tx


def record_rewriters(tenancy: Tenancy) -> dict[str, Rewrite]:
    """How documents with configuration records change, by collection."""
    return {
        "organizations": _rewriter(ORGANIZATION, tenancy),
        "providers": _rewriter(PROVIDER, tenancy),
        "sites": _rewriter(SITE, tenancy),
    }


def _rewriter(kind: RecordKind[R], tenancy: Tenancy) -> Rewrite:
    store = kind.store(tenancy)

    async def rewrite(identifier: str, renewals: Sequence[Renewal]) -> bool:
        async def work(tx: Tx) -> bool:
            unchanged = {f"{renewal.path}.c": renewal.before.c for renewal in renewals}
            before = await store.across_tenants.first(tx, {"_id": identifier, **unchanged}, sort=())
            if before is None:
                return False  # changed meanwhile: the next pass looks again
            after = _renewed(before.record, renewals)
            store.replace(tx, before, before.changed(record=after))
            tx.put_config(f"{kind.prefix}.{identifier}", after, version=after.version)
            return True

        return await tenancy.uow.run(work)

    return rewrite


def _renewed(record: R, renewals: Sequence[Renewal]) -> R:
    """The next version of the record, with the values that were encrypted again at their places."""
    wire: dict[str, Any] = {"record": record.wire()}
    for renewal in renewals:
        *way, last = renewal.path.split(".")
        place: Any = wire
        for part in way:
            place = place[int(part) if isinstance(place, list) else part]
        place[int(last) if isinstance(place, list) else last] = renewal.after.wire()
    renewed = type(record).model_validate(wire["record"])
    return renewed.model_copy(update={"version": record.version + 1})
