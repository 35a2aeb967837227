"""Endpoints that an owner behind the bus answers, from one declaration each.

A declaration names the owner's method, what the caller needs (scope, role, effect) and the audit action. The decorated
function only builds the owner's request from path, query and body::

    @forwarded(router, "POST", "/holds/{hold_id}/release", RELEASE_HOLD, scope="…", action="customer_hold.release")
    def release(hold_id: HoldId) -> HoldRef:
        \"\"\"Release a hold.\"\"\"
        return HoldRef(hold_id=hold_id)
"""

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import Depends, Response
from pydantic import BaseModel

from admin_api.edge.dependencies import Deps, DepsIn, requires
from admin_api.edge.mutation import Mutation, MutationIn
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.use_cases.note_action import note_action
from admin_api.shared.web.answers import RecordAnswer
from gateway_contracts.actor import Actor, Role
from gateway_contracts.base import Contract
from gateway_contracts.errors import Unreadable
from gateway_contracts.ids import new_operation_id
from gateway_contracts.rpc import Method
from gateway_kit.http.routing import Router, WarningsIn

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Built = Callable[..., Contract | Awaitable[Contract]]
Build = TypeVar("Build", bound=Built)
_ATTEMPT: Final = "attempt"
_ACTOR, _DEPS, _MUTATION, _WARNINGS = "caller", "ports", "mutation", "warnings"
_KEYWORD: Final = inspect.Parameter.KEYWORD_ONLY


@dataclass(frozen=True)
class Forward:
    """One endpoint and the method that answers it.

    Attributes:
        action: of the audit entry; ``{request.field}`` stands for a field of the request. Without one nothing is
            noted, and the request carries no operation id.
        answer: the body of the answer, from the reply's fields; None: the reply itself.
        needs_key: whether an Idempotency-Key is required.
    """

    verb: Verb
    path: str
    method: Method[Any, Any]
    action: str | None
    answer: type[BaseModel] | None
    status: int
    needs_key: bool

    @property
    def is_idempotent(self) -> bool:
        """Whether it runs under an Idempotency-Key."""
        return self.action is not None and self.verb != "DELETE"

    @property
    def has_warnings(self) -> bool:
        """Whether the answer names ignored fields of the body."""
        return self.answer is not None and "warnings" in self.answer.model_fields

    def object_id(self, values: dict[str, Any], reply: Contract) -> str:
        """The object of the audit entry: the first of the path, else the one that the owner made."""
        named = re.search(r"{(\w+)}", self.path)
        return str(values[named.group(1)] if named else dict(reply)["id"])

    def body(self, reply: Contract, warnings: Any) -> Any:
        """The answer's body."""
        if self.answer is None:
            return reply
        return self.answer(**dict(reply), **({_WARNINGS: warnings} if self.has_warnings else {}))


def forwarded(
    router: Router,
    verb: Verb,
    path: str,
    method: Method[Any, Any],
    *,
    scope: str,
    role: Role | None = None,
    effect: Effect | None = None,
    action: str | None = None,
    answer: type[BaseModel] | None = None,
    status: int = 200,
    needs_key: bool = False,
) -> Callable[[Build], Build]:
    """Register the endpoint; the decorated function builds the request. Its parameter ``attempt``, if it has one, is
    the execution under the Idempotency-Key, with the id of the object to make."""
    forward = Forward(verb, path, method, action, answer, status, needs_key)
    caller = Annotated[Actor, Depends(requires(scope, role=role, effect=effect))]

    def register(build: Build) -> Build:
        model = None if status == 204 else answer or method.reply
        endpoint = _endpoint(forward, build, caller)
        router.add_api_route(path, endpoint, methods=[verb], status_code=status, response_model=model)
        return build

    return register


def _endpoint(forward: Forward, build: Built, caller: Any) -> Callable[..., Any]:
    given = inspect.signature(build).parameters
    added = {_ACTOR: caller, **({_MUTATION: MutationIn} if forward.is_idempotent else {_DEPS: DepsIn})}
    if forward.has_warnings:
        added[_WARNINGS] = WarningsIn

    async def endpoint(**values: Any) -> Any:
        outside = {name: values.pop(name) for name in added}
        run = _Execution(forward, build, values, outside[_ACTOR], outside.get(_WARNINGS), _ATTEMPT in given)
        if forward.is_idempotent:
            return await run.once(outside[_MUTATION])
        return await run.plainly(outside[_DEPS])

    own = [one.replace(kind=_KEYWORD) for name, one in given.items() if name != _ATTEMPT]
    extra = [inspect.Parameter(name, _KEYWORD, annotation=kind) for name, kind in added.items()]
    # In the order of the checks: ids of the path, the caller's rights, then everything else that was sent.
    in_path = [one for one in own if f"{{{one.name}}}" in forward.path]
    others = [one for one in own if one not in in_path]
    ordered = inspect.Signature([*in_path, extra[0], *others, *extra[1:]])
    endpoint.__signature__ = ordered  # type: ignore[attr-defined]  # FastAPI reads it
    endpoint.__name__, endpoint.__doc__, endpoint.__module__ = build.__name__, build.__doc__, build.__module__
    return endpoint


@dataclass(frozen=True)
class _Execution:
    """One request on its way."""

    forward: Forward
    build: Built
    values: dict[str, Any]
    actor: Actor
    warnings: Any
    takes_attempt: bool

    async def once(self, mutation: Mutation) -> Response:
        """Under the Idempotency-Key."""
        if self.forward.needs_key and mutation.key is None:
            raise Unreadable("send an Idempotency-Key with this request", code="IDEMPOTENCY_KEY_REQUIRED")

        async def execute(attempt: Attempt) -> RecordAnswer:
            reply = await self._changed(attempt, mutation.deps)
            return RecordAnswer(record=self.forward.body(reply, self.warnings))

        return await mutation.run(self.actor, execute, status=self.forward.status)

    async def plainly(self, deps: Deps) -> Any:
        """A read, or a deletion, which has no key and may be repeated."""
        if self.forward.action is not None:
            await self._changed(Attempt(new_operation_id(), ""), deps)
            return Response(status_code=self.forward.status)
        method: Method[Any, Contract] = self.forward.method
        reply = await deps.rpc.call(method, await _resolved(self.build(**self.values)), actor=self.actor)
        return self.forward.body(reply, self.warnings)

    async def _changed(self, attempt: Attempt, deps: Deps) -> Contract:
        request = await _resolved(self.build(**self.values, **({_ATTEMPT: attempt} if self.takes_attempt else {})))
        method: Method[Any, Contract] = self.forward.method
        reply = await deps.rpc.call(method, request, actor=self.actor, operation_id=attempt.operation_id)
        action = (self.forward.action or "").format(request=request)
        object_id = self.forward.object_id(self.values, reply)
        await note_action(self.actor, action, object_id, attempt=attempt, tenancy=deps.tenancy)
        return reply


async def _resolved(request: Contract | Awaitable[Contract]) -> Contract:
    return request if isinstance(request, Contract) else await request
