"""Cost of a request before its caller is known: no byte of its body is read, and few keys are looked up."""

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import pytest

from admin_api.edge.dependencies import Deps, Origins
from admin_api.edge.key_look_ups import LOOK_UP_POLICY, BucketLookUps
from admin_api.people.web.session_dependencies import LOGIN_POLICY
from admin_api.shared.domain.refusal import Refusal
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.domain.key_memory import KNOWN_MAX, REFUSED_FOR, REFUSED_MAX, KeyMemory
from admin_api.tenancy.store.api_keys import ApiKeys
from admin_api.tenancy.store.documents import ApiKeyDocument
from admin_api.tenancy.use_cases.authenticate import HASH_PURPOSE
from admin_api.web.application import API_PREFIX, create_application
from gateway_contracts.errors import Transient
from gateway_contracts.ids import new_object_id
from gateway_kit.crypto.api_keys import new_api_key
from gateway_kit.health import Health
from gateway_kit.http.edge import edge
from gateway_kit.http.rate_limit import FAILED_POLICY, KEY_POLICY, AddressLimits, AddressRules, address_policy
from gateway_kit.limits.buckets import Buckets
from gateway_testkit.clock import FrozenClock
from gateway_testkit.keys import new_keyring
from gateway_testkit.memory.database import MemoryDatabase, MemoryRows
from gateway_testkit.waiting import eventually

ADDRESS, ELSEWHERE = "203.0.113.9", "203.0.113.10"
READ = "/api/v1/checkouts"


class CountedRows(MemoryRows):
    """Rows of keys, which count what they are asked and answer when they may."""

    def __init__(self) -> None:
        super().__init__(MemoryDatabase(ApiKeyDocument), ApiKeyDocument.collection.name)
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def find(self, *args: Any, **options: Any) -> list[dict[str, Any]]:
        self.asked += 1
        await self.may_answer.wait()
        return await super().find(*args, **options)


class Silent:
    """Everything behind authentication."""

    def __getattr__(self, _name: str) -> Any:
        async def call(*_args: Any, **_options: Any) -> Any:
            raise Transient("reached")

        return call


@dataclass
class Asked:
    """One request's outcome."""

    status: int
    reads: int


class World:
    """The application behind the edge; time stands still unless the test moves it."""

    def __init__(self, clock: FrozenClock) -> None:
        self.rows = CountedRows()
        self.rows.may_answer.set()
        self.keys = ApiKeys(ApiKeyDocument, self.rows)
        self.clock = clock
        self.now = 1000.0
        self.keyring = new_keyring()
        tenancy = type("Tenancy", (Silent,), {})()
        tenancy.api_keys, tenancy.keyring, tenancy.clock = self.keys, self.keyring, clock
        silent = cast(Any, Silent())
        rules = AddressRules(address_policy(10_000), is_enabled=True)
        policies = (rules.policy, FAILED_POLICY, KEY_POLICY, LOGIN_POLICY, LOOK_UP_POLICY)
        limits = Buckets(policies, secret=b"test", monotonic=lambda: self.now)
        self.deps = Deps(
            tenancy=tenancy,
            rpc=silent,
            documents=silent,
            idempotency=silent,
            domain_config=lambda _name: None,
            health=Health(),
            origins=Origins("https://pay.example", "https://hooks.example", "https://admin.example"),
            is_development=False,
            pause=silent.pause,
            sessions=silent,
            limits=limits,
            look_ups=BucketLookUps(limits),
            events=silent,
            operations=silent,
        )
        self.inner = inner = create_application(self.deps)
        self.app = edge(AddressLimits(inner, limits, rules), trusted_proxies=(), is_https=False)

    async def new_key(self) -> str:
        """A right key of an organization of its own."""
        text = new_api_key("test", new_object_id())
        key = ApiKey(
            id=text.key_id,
            kind="organization",
            organization_id=new_object_id(),
            livemode=False,
            label="",
            scopes=("*:*",),
            secret_hash=self.keyring.keyed_hash(HASH_PURPOSE, str(text)),
            created_at=self.clock.now(),
        )
        assert await self.keys.now.insert(key)
        return str(text)

    async def ask(
        self, key: str | None, *, method: str = "GET", path: str = READ, address: str = ADDRESS, body: bool = False
    ) -> Asked:
        asked = Asked(0, 0)
        headers = [(b"content-type", b"application/json")]
        headers += [(b"content-length", b"1000000")] if body else []
        headers += [(b"authorization", f"Bearer {key}".encode())] if key is not None else []

        async def receive() -> Any:
            asked.reads += 1
            return {"type": "http.request", "body": b"{", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                asked.status = message["status"]

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
            "client": (address, 1),
            "server": ("api", 80),
            "scheme": "http",
            "root_path": "",
            "http_version": "1.1",
        }
        await self.app(scope, receive, send)
        return asked


@pytest.fixture
def world(frozen_clock: FrozenClock) -> World:
    return World(frozen_clock)


def a_wrong_key() -> str:
    return str(new_api_key("test", new_object_id()))


@pytest.mark.parametrize("key", [None, "nonsense", "sk_test_x", a_wrong_key()], ids=["none", "text", "form", "wrong"])
async def test_every_operation_with_a_body_refuses_before_it_reads(world: World, key: str | None) -> None:
    paths: dict[str, dict[str, Any]] = world.inner.openapi()["paths"]
    operations = [
        (method.upper(), path.replace("{", "").replace("}", ""))
        for path, item in paths.items()
        for method, operation in item.items()
        if "requestBody" in operation and operation.get("security")
    ]
    assert len(operations) > 20
    for number, (method, path) in enumerate(operations):
        # From many addresses, so that it is not their limit that refuses.
        asked = await world.ask(key, method=method, path=path, address=f"198.51.100.{number}", body=True)
        assert (method, path, asked) == (method, path, Asked(401, 0))


async def test_a_body_behind_a_right_key_is_read_and_counts_for_its_organization(world: World) -> None:
    asked = await world.ask(
        await world.new_key(), method="POST", path=f"{API_PREFIX}/checkouts/{new_object_id()}/create", body=True
    )

    assert asked.reads == 1
    assert asked.status not in {401, 429}


async def test_wrong_keys_of_one_address_are_not_looked_up_without_bound(world: World) -> None:
    right, fresh, neighbour = [await world.new_key() for _ in range(3)]
    assert (await world.ask(right)).status != 401
    before = world.rows.asked

    answers = [(await world.ask(a_wrong_key())).status for _ in range(300)]

    assert set(answers[-200:]) == {429}
    assert world.rows.asked - before <= FAILED_POLICY.capacity + LOOK_UP_POLICY.capacity
    assert (await world.ask(right)).status not in {401, 429}
    assert (await world.ask(neighbour, address=ELSEWHERE)).status not in {401, 429}
    # One that was not seen here yet has its turn as soon as the address is allowed another look-up.
    assert (await world.ask(fresh)).status == 429
    world.now += 1.0
    assert (await world.ask(fresh)).status not in {401, 429}


async def test_wrong_keys_that_come_together_are_limited_too(world: World) -> None:
    right = await world.new_key()
    world.rows.may_answer.clear()
    flood = [asyncio.create_task(world.ask(a_wrong_key())) for _ in range(300)]
    await eventually(lambda: sum(task.done() for task in flood) >= 200)

    assert world.rows.asked <= FAILED_POLICY.capacity + LOOK_UP_POLICY.capacity
    other = asyncio.create_task(world.ask(right, address=ELSEWHERE))
    await eventually(lambda: world.rows.asked > FAILED_POLICY.capacity)
    world.rows.may_answer.set()
    assert (await other).status == 503  # reached what is behind
    assert {asked.status for asked in await asyncio.gather(*flood)} <= {401, 429}


async def test_a_right_key_that_comes_many_times_at_once_counts_as_one(world: World) -> None:
    others, own = await world.new_key(), await world.new_key()
    for _ in range(FAILED_POLICY.capacity - 4):
        await world.ask(a_wrong_key())
    world.rows.may_answer.clear()
    before = world.rows.asked
    crowd = [asyncio.create_task(world.ask(others)) for _ in range(150)]
    crowd += [asyncio.create_task(world.ask(own)) for _ in range(8)]
    await eventually(lambda: world.rows.asked == before + 2)
    world.rows.may_answer.set()

    assert {asked.status for asked in await asyncio.gather(*crowd)} == {503}  # reached what is behind
    # One look-up for those who were first, one for all who came during it.
    assert world.rows.asked <= before + 4


async def test_a_worker_with_an_old_key_costs_one_look_up_and_gets_the_same_answer(
    world: World, frozen_clock: FrozenClock
) -> None:
    old = a_wrong_key()
    assert {(await world.ask(old)).status for _ in range(FAILED_POLICY.capacity)} == {401}
    assert world.rows.asked == 1
    assert world.deps.refusals.due(frozen_clock.now())[0].count == FAILED_POLICY.capacity
    frozen_clock.advance(REFUSED_FOR)
    world.now += 60
    await world.ask(old)
    assert world.rows.asked == 2


async def test_a_known_key_is_read_every_time(world: World, frozen_clock: FrozenClock) -> None:
    text = await world.new_key()
    assert (await world.ask(text)).status != 401
    key = await world.keys.presented(text.removeprefix("sk_test_").split(".")[0])
    assert key is not None
    assert await world.keys.now.replace(key, key.revoked(frozen_clock.now()), guard=())

    assert (await world.ask(text)).status == 401


def test_strangers_cannot_push_right_keys_out_of_memory(frozen_clock: FrozenClock) -> None:
    memory = KeyMemory()
    memory.accept("right")
    for number in range(3 * REFUSED_MAX):
        memory.refuse(str(number), Refusal("unknown"), frozen_clock.now())

    assert memory.is_known("right")
    assert len(memory._refused) == REFUSED_MAX
    for number in range(KNOWN_MAX):
        memory.accept(str(number))
    assert len(memory._known) == KNOWN_MAX


def test_what_may_become_right_again_is_not_remembered_as_wrong(frozen_clock: FrozenClock) -> None:
    memory = KeyMemory()
    memory.refuse("expired", Refusal("expired"), frozen_clock.now())

    assert memory.refusal("expired", frozen_clock.now()) is None
