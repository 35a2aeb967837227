"""Count facts: each once, and its newest state alone."""

from collections.abc import Iterable, Sequence

from gateway_contracts.errors import ChangedMeanwhile
from gateway_kit.mongo.unit_of_work import Tx
from reporting.domain.figures import FIRST, Changes, Fact, Projection, changed, count
from reporting.ports import Figures


async def count_facts(facts: Sequence[Fact], *, figures: Figures, generation: int | None = None) -> int:
    """Count facts that are new or newer than what was counted of their objects; how many were.

    A stored fact is the inbox of its object: a repeated or late event changes nothing, without a limit of time.

    Args:
        generation: a single one; else all that events count in.

    Raises:
        ChangedMeanwhile: another process counted in the same bucket at the same moment; nothing was stored.
    """
    newest: dict[str, Fact] = {}
    for fact in facts:
        if fact.id not in newest or newest[fact.id].sequence < fact.sequence:
            newest[fact.id] = fact
    if not newest:
        return 0

    async def work(tx: Tx) -> int:
        live = (generation,) if generation is not None else (await projection(tx, figures)).live
        return await _count(tx, [fact.within(one) for one in live for fact in newest.values()], figures)

    return await figures.uow.run(work)


async def projection(tx: Tx | None, figures: Figures) -> Projection:
    """The generations as they are now."""
    return await figures.projections.get(tx, FIRST.id) or FIRST


async def _count(tx: Tx, facts: Iterable[Fact], figures: Figures) -> int:
    by_id = {fact.id: fact for fact in facts}
    found = await figures.facts.across_tenants.find(tx, {"_id": {"$in": list(by_id)}})
    known = {fact.id: fact for fact in found}
    changes, counted = Changes(), 0
    for fact in by_id.values():
        generation, before = int(fact.id.partition(":")[0]), known.get(fact.id)
        if before is not None:
            if before.sequence >= fact.sequence:
                continue
            count(changes, before, generation, sign=-1)
            figures.facts.replace(tx, before, fact)
        else:
            figures.facts.insert(tx, fact, otherwise=ChangedMeanwhile())
        count(changes, fact, generation)
        counted += 1
    await _change_buckets(tx, changes, figures)
    return counted


async def _change_buckets(tx: Tx, changes: Changes, figures: Figures) -> None:
    wanted = {name: change for name, change in changes.items() if any(change[1].values())}
    found = await figures.buckets.across_tenants.find(tx, {"_id": {"$in": list(wanted)}}) if wanted else []
    known = {bucket.id: bucket for bucket in found}
    # In one order, so that two processes wait for each other instead of both being refused.
    for name, (empty, change) in sorted(wanted.items()):
        before = known.get(name)
        if before is None:
            figures.buckets.insert(tx, empty.changed(figures=changed({}, change)), otherwise=ChangedMeanwhile())
        else:
            figures.buckets.replace(tx, before, before.changed(figures=changed(before.figures, change)))
