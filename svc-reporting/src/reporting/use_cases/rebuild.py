"""Count all figures anew from the objects of their owners."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from gateway_contracts.errors import ChangedMeanwhile
from gateway_kit.mongo.unit_of_work import Tx
from reporting.domain.figures import FIRST, Fact, Projection
from reporting.ports import Figures
from reporting.use_cases.count_facts import count_facts, projection

_ATTEMPTS_MAX: Final = 20
_REMOVED_AT_ONCE: Final = 500


async def rebuild(history: AsyncIterator[Sequence[Fact]], *, figures: Figures) -> int:
    """Count a new generation from the beginning, then serve it; how many facts were counted.

    Events count in both generations meanwhile, so it needs no pause. An event that a process was counting while the new
    generation began is in the history, which is read afterwards. What a rebuild that was broken off left is removed.

    Args:
        history: facts about all objects in their present state, in groups of a few hundred.

    Raises:
        ChangedMeanwhile: another rebuild runs.
    """
    before = await projection(None, figures)
    begun = await _store(before.changed(counting=before.counting + 1), figures)
    await _remove_others(begun, figures)
    counted = 0
    async for facts in history:
        counted += await _counted(facts, begun.counting, figures)
    done = await _store(begun.changed(serving=begun.counting), figures, expected=begun)
    await _remove_others(done, figures)
    return counted


async def _counted(facts: Sequence[Fact], generation: int, figures: Figures) -> int:
    """Count a group; consumers may count in the same buckets."""
    for _ in range(_ATTEMPTS_MAX):
        try:
            return await count_facts(facts, figures=figures, generation=generation)
        except ChangedMeanwhile:
            continue
    return await count_facts(facts, figures=figures, generation=generation)


async def _store(after: Projection, figures: Figures, *, expected: Projection | None = None) -> Projection:
    async def work(tx: Tx) -> Projection:
        known = await figures.projections.get(tx, FIRST.id)
        if expected is not None and known != expected:
            raise ChangedMeanwhile
        if known is None:
            figures.projections.insert(tx, after, otherwise=ChangedMeanwhile())
            return after
        return figures.projections.replace(tx, known, after)

    return await figures.uow.run(work)


async def _remove_others(live: Projection, figures: Figures) -> None:
    """Remove facts and buckets of every generation that nothing reads and nothing counts in."""
    for generation in range(1, live.counting):
        if generation not in live.live:
            within = {"_id": {"$gte": f"{generation}:", "$lt": f"{generation};"}}
            while await _remove_some(within, figures):
                pass


async def _remove_some(within: Mapping[str, Any], figures: Figures) -> bool:
    async def work(tx: Tx) -> int:
        facts = await figures.facts.across_tenants.find(tx, within, limit=_REMOVED_AT_ONCE)
        buckets = await figures.buckets.across_tenants.find(tx, within, limit=_REMOVED_AT_ONCE)
        for fact in facts:
            figures.facts.delete(tx, fact)
        for bucket in buckets:
            figures.buckets.delete(tx, bucket)
        return len(facts) + len(buckets)

    return await figures.uow.run(work) > 0
