"""Work done for another caller, under the caller's ids."""

from contextvars import copy_context

from gateway_kit import context


async def test_work_runs_as_where_its_context_was_taken() -> None:
    async def ids() -> tuple[str, str]:
        return context.correlation_id.get(), context.causation_id.get()

    with context.working_on(correlation="theirs", causation="message"):
        held = copy_context()
    with context.working_on(correlation="ours"):
        assert await context.within(held, ids()) == ("theirs", "message")
        assert await ids() == ("ours", "")
