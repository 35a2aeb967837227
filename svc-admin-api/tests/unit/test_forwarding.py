"""An endpoint that an owner answers is one declaration: the forwarder does the rest, and nothing else forwards."""

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI

import admin_api
from admin_api.edge.dependencies import known_id
from admin_api.edge.forwarding import forwarded
from admin_api.edge.needs import needs_of
from admin_api.edge.routing import new_router
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.store.audit_log import AuditLog
from admin_api.shared.store.documents import DOCUMENTS
from admin_api.shared.web.problems import install_problems
from admin_api.web.openapi import install_openapi
from gateway_contracts.actor import Actor
from gateway_contracts.base import Contract
from gateway_contracts.bodies import Body
from gateway_contracts.clock import SystemClock
from gateway_contracts.errors import Invalid
from gateway_contracts.rpc import Method
from gateway_kit.http.routing import Router
from gateway_testkit.keys import new_keyring
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork

SOURCES = Path(admin_api.__file__).parent
ID, ORGANIZATION = "65f0c0ffee65f0c0ffee65f0", "65f0c0ffee65f0c0ffee65f1"
TOY_ID = Annotated[str, Depends(known_id("toy"))]


class PaintToy(Contract):
    toy_id: str
    color: str
    coat_id: str


class ToyRef(Contract):
    toy_id: str


class Toy(Contract):
    id: str
    color: str = "red"


class PaintIn(Body):
    color: str


PAINT = Method("rpc.toys.paint", PaintToy, Toy)
GET_TOY = Method("rpc.toys.get", ToyRef, Toy)
BREAK = Method("rpc.toys.break", ToyRef, Toy)


def checked_size(size: int) -> int:
    if size < 1:
        raise Invalid.field("size", "must be at least 1", code="TOO_SMALL")
    return size


def toy_router() -> Router:
    router = new_router(tags=["toys"])
    changes: Any = {"scope": "transaction:execute", "effect": Effect.OWN_MODE}

    @forwarded(router, "POST", "/toys/{toy_id}/paint", PAINT, action="toy.paint_{request.color}", status=201, **changes)
    def paint(toy_id: TOY_ID, body: PaintIn, attempt: Attempt) -> PaintToy:
        """Paint a toy."""
        return PaintToy(toy_id=toy_id, color=body.color, coat_id=attempt.object_id)

    @forwarded(router, "GET", "/toys/{toy_id}", GET_TOY, scope="transaction:read")
    async def read(toy_id: TOY_ID) -> ToyRef:
        """One toy."""
        return ToyRef(toy_id=toy_id)

    @forwarded(router, "GET", "/toys", GET_TOY, scope="transaction:read")
    def first(size: Annotated[int, Depends(checked_size)]) -> ToyRef:
        """The first toy of a size."""
        return ToyRef(toy_id=ID)

    @forwarded(router, "DELETE", "/toys/{toy_id}", BREAK, action="toy.break", status=204, **changes)
    def destroy(toy_id: TOY_ID) -> ToyRef:
        """Break a toy."""
        return ToyRef(toy_id=toy_id)

    return router


class World:
    """The toy's API; its owner and the audit log are in memory."""

    def __init__(self, *scopes: str) -> None:
        self.asked: list[tuple[str, Any, str | None]] = []
        self.database = MemoryDatabase(*DOCUMENTS)
        self.actor = Actor(
            kind="api_key", organization_id=ORGANIZATION, subject_id=ID, scopes=scopes, livemode=True, role="admin"
        )
        self.app = FastAPI()
        clock = SystemClock()
        uow = MemoryUnitOfWork(self.database, clock=clock)
        audit = AuditLog(self.database.rows, new_keyring())
        ports = SimpleNamespace(uow=uow, audit=audit, keyring=None, clock=clock)
        self.app.state.deps = SimpleNamespace(rpc=self, tenancy=ports, idempotency=None)
        router = toy_router()
        self.app.include_router(router)
        install_problems(self.app)
        install_openapi(self.app, needs_of([router], ""), "")

    async def call(self, method: Any, request: Any, *, actor: Actor, operation_id: str | None = None) -> Any:
        assert actor is self.actor
        self.asked.append((method.subject, request, operation_id))
        return Toy(id=request.toy_id)

    @property
    def noted(self) -> list[tuple[str, str]]:
        return [(entry["action"], entry["object_id"]) for entry in self.database.stored("audit_log")]

    async def ask(self, verb: str, path: str, body: Any = None) -> httpx.Response:
        async def identified(scope: Any, receive: Any, send: Any) -> None:
            await self.app({**scope, "gateway.actor": self.actor}, receive, send)

        async with httpx.AsyncClient(transport=httpx.ASGITransport(identified), base_url="http://api") as client:
            return await client.request(verb, path, json=body)


async def test_a_change_carries_an_operation_and_is_noted() -> None:
    world = World("transaction:*")
    answer = await world.ask("POST", f"/toys/{ID}/paint", {"color": "blue"})
    assert (answer.status_code, answer.json()) == (201, {"id": ID, "color": "red"})
    ((subject, request, operation_id),) = world.asked
    assert (subject, request.toy_id, request.color, len(request.coat_id)) == (PAINT.subject, ID, "blue", 24)
    assert operation_id is not None
    assert world.noted == [("toy.paint_blue", ID)]


async def test_a_read_carries_none_and_is_not_noted() -> None:
    world = World("transaction:read")
    answer = await world.ask("GET", f"/toys/{ID}")
    assert (answer.status_code, answer.json()) == (200, {"id": ID, "color": "red"})
    assert world.asked == [(GET_TOY.subject, ToyRef(toy_id=ID), None)]
    assert world.noted == []


async def test_a_deletion_has_no_body_and_is_noted() -> None:
    world = World("transaction:*")
    answer = await world.ask("DELETE", f"/toys/{ID}")
    assert (answer.status_code, answer.content, world.noted) == (204, b"", [("toy.break", ID)])


@pytest.mark.parametrize(("verb", "path"), [("POST", f"/toys/{ID}/paint"), ("DELETE", f"/toys/{ID}")])
async def test_the_declared_scope_is_needed(verb: str, path: str) -> None:
    world = World("transaction:read")
    answer = await world.ask(verb, path, {"color": "blue"} if verb == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (403, "MISSING_SCOPE")
    assert (world.asked, world.noted) == ([], [])


async def test_rights_are_checked_before_the_query() -> None:
    answer = await World("checkout:read").ask("GET", "/toys?size=0")
    assert (answer.status_code, answer.json()["code"]) == (403, "MISSING_SCOPE")
    answer = await World("transaction:read").ask("GET", "/toys?size=0")
    assert (answer.status_code, answer.json()["code"]) == (422, "TOO_SMALL")


async def test_a_malformed_id_is_not_forwarded() -> None:
    world = World("transaction:*")
    answer = await world.ask("DELETE", "/toys/1")
    assert (answer.status_code, answer.json()["code"], world.asked) == (404, "TOY_NOT_FOUND", [])


def test_nothing_else_notes_what_an_owner_did() -> None:
    """Forwarding by hand would write the operation, the audit entry and the stored answer once more."""
    users = [path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.py") if _calls(path, "note_action")]
    # The connection test reads the provider's version first and answers with a view of its own.
    assert sorted(users) == ["edge/forwarding.py", "tenancy/web/providers.py"]


def _calls(path: Path, name: str) -> bool:
    calls = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return any(isinstance(called, ast.Name) and called.id == name for called in calls)
