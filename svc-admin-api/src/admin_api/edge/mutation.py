"""Mutating requests: one execution per Idempotency-Key, the same answer ever after."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import Response

from admin_api.edge.dependencies import Deps, deps_of
from admin_api.shared.domain.idempotency import KEY_CHARACTERS_MAX, Answer, Attempt, parse_key
from admin_api.shared.use_cases.run_idempotently import IdempotentRequest, run_idempotently
from admin_api.shared.web.schemas.base import View
from gateway_contracts.actor import Actor
from gateway_kit.context import request_id
from gateway_kit.http.problems import problem_of

Execute = Callable[[Attempt], Awaitable[View]]

KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        json_schema_extra={"maxLength": KEY_CHARACTERS_MAX},
        description="Repeat a request safely: the same key and body get the first answer (Idempotent-Replayed: true). "
        "Bodies are compared as they were sent, without the unknown fields that are ignored.",
    ),
]


@dataclass(frozen=True)
class Mutation:
    """A POST that is about to change something."""

    deps: Deps
    operation: str
    key: str | None
    payload: dict[str, Any]

    async def run(self, actor: Actor, execute: Execute, *, status: int = 201, has_secret: bool = False) -> Response:
        """Run it unless it ran before; the answer's bytes are the same both times.

        An internal error is stored as the answer as well: its progress is unknown, so a repetition gets the same error
        instead of a new execution.
        """
        mistakes: list[Exception] = []

        async def answered(attempt: Attempt) -> Answer:
            try:
                view = await execute(attempt)
            except Exception as exc:
                problem = problem_of(exc)
                if problem.status != 500:
                    raise
                mistakes.append(exc)
                return Answer(500, bytes(problem.json_response().body))
            return Answer(status, view.wire_json(), has_secret=has_secret)

        request = IdempotentRequest(
            actor=actor,
            operation=self.operation,
            key=self.key,
            payload=self.payload,
            request_id=request_id.get(),
        )
        answer = await run_idempotently(
            request,
            answered,
            records=self.deps.idempotency,
            keyring=self.deps.tenancy.keyring,
            clock=self.deps.tenancy.clock,
        )
        if mistakes:
            raise mistakes[0]
        headers = {"Idempotent-Replayed": "true"} if answer.is_replay else {}
        return Response(answer.body, answer.status, headers, media_type="application/json")


async def mutation(request: Request, idempotency_key: KeyHeader = None) -> Mutation:
    """
    Raises:
        Unreadable: a malformed Idempotency-Key.
    """
    body: Any = await request.json()
    return Mutation(
        deps=deps_of(request),
        operation=f"{request.method} {request.url.path}",
        key=None if idempotency_key is None else parse_key(idempotency_key),
        payload=body if isinstance(body, dict) else {},
    )


MutationIn = Annotated[Mutation, Depends(mutation)]
