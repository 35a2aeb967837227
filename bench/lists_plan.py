"""The explanation of a query by the server: its winning plan, and how much it examined."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PAGE_DOCUMENTS_MAX = 4 * 51
"""A page of fifty and the row that tells whether there is another one, four times over."""
SKIPPED_MAX = 5_000
MIXED = 20
"""How many times more, where a second filter has no index beside the first."""


@dataclass(frozen=True)
class Plan:
    """``problem`` is empty for a plan whose cost does not grow with what is stored."""

    command: str
    path: str
    keys: int
    documents: int
    rows: int
    problem: str


async def plan_of(db: Any, command: dict[str, Any], *, is_mixed: bool) -> Plan:
    """Let the server explain a command that was sent."""
    explained = await db.command({"explain": command, "verbosity": "executionStats"})
    if "stages" in explained:
        explained = explained["stages"][0]["$cursor"]
    winning, stats = explained["queryPlanner"]["winningPlan"], explained["executionStats"]
    stages = list(_stages(winning.get("queryPlan", winning)))
    keys, documents = stats["totalKeysExamined"], stats["totalDocsExamined"]
    names = [name for name, _ in stages]
    allowed = (_counted(command) or PAGE_DOCUMENTS_MAX) * (MIXED if is_mixed else 1)
    allowed += min(command.get("skip", 0), SKIPPED_MAX)
    return Plan(
        command={"aggregate": "total"}.get(next(iter(command)), next(iter(command))),
        path=" < ".join(f"{name} {index}".strip() for name, index in stages),
        keys=keys,
        documents=documents,
        rows=stats["nReturned"],
        problem=_problem(names, keys, documents, allowed=allowed, is_mixed=is_mixed),
    )


def _problem(names: list[str], keys: int, documents: int, *, allowed: int, is_mixed: bool) -> str:
    if "COLLSCAN" in names or ("SORT" in names and not is_mixed):
        return "scans or sorts"
    return "looks at more than it shows" if max(keys, documents) > allowed else ""


def _counted(command: dict[str, Any]) -> int:
    """Keys that a total may read; 0 of a page."""
    limits = [stage["$limit"] for stage in command.get("pipeline", ()) if "$limit" in stage]
    return 2 * min(limits) + 10 if limits else 0


def _stages(stage: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield stage["stage"], stage.get("indexName", "")
    for inner in [*stage.get("inputStages", ()), *([stage["inputStage"]] if "inputStage" in stage else ())]:
        yield from _stages(inner)
