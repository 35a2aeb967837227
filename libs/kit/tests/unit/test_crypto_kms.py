"""Keys behind a remote service: how long they live, who is affected, what is refused before anything is asked."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from gateway_contracts.config import KmsConfig, WrappedDek
from gateway_contracts.errors import Invalid
from gateway_kit.crypto.errors import DecryptionFailed, KeyUnavailable, KmsRefused, KmsUnreachable
from gateway_kit.crypto.key_keeper import REFRESH_S, RETRY_LAST_S, KeyKeeper
from gateway_kit.crypto.keyring import Keyring, dek_key
from gateway_kit.crypto.kms import DekPlace, RemoteKms
from gateway_kit.crypto.kms_access import CredentialBox, KmsAccess, kms_key
from gateway_kit.crypto.kms_aws import _read as read_aws
from gateway_kit.crypto.kms_directory import KmsDirectory
from gateway_kit.crypto.kms_registry import KMS_KINDS, KmsKind, checked_access
from gateway_kit.crypto.kms_vault import _read as read_vault
from gateway_kit.crypto.remote_deks import LIFETIME_S, RemoteDeks
from gateway_kit.http.outbound import OutboundAnswer, OutboundClient

SYSTEM_KEY = secrets.token_hex(32)
ORG, LOCAL_ORG = "0" * 23 + "1", "0" * 23 + "2"
PLACE = ("clients", "d1", "party")


@dataclass
class Service:
    """A service in memory that can go away or withdraw its key."""

    trouble: Exception | None = None
    gives: bytes | None = None
    calls: int = 0
    kept: dict[bytes, tuple[bytes, DekPlace]] = field(default_factory=dict)

    async def wrap(self, dek: bytes, place: DekPlace) -> bytes:
        self.calls += 1
        if self.trouble:
            raise self.trouble
        wrapped = secrets.token_bytes(16)
        self.kept[wrapped] = (dek, place)
        return wrapped

    async def unwrap(self, wrapped: bytes, place: DekPlace) -> bytes:
        self.calls += 1
        if self.trouble:
            raise self.trouble
        if self.gives is not None:
            return self.gives
        dek, bound = self.kept[wrapped]
        if bound != place:
            raise KmsRefused("another place", reason="context")
        return dek


@dataclass
class World:
    service: Service
    keyring: Keyring
    keeper: KeyKeeper
    record: WrappedDek
    seconds: list[float]

    async def later(self, seconds: float) -> None:
        """Time passes; what is due is asked for."""
        self.seconds[0] += seconds
        await self.keeper.settle(5)
        await asyncio.gather(*self.keeper._calls.values())

    def seal(self, organization_id: str = ORG) -> str:
        value = self.keyring.encrypt(organization_id, *PLACE, "Ada")
        return self.keyring.decrypt(value, organization_id, *PLACE).decode()


def config() -> KmsConfig:
    return KmsConfig(
        organization_id=ORG, generation=1, kms="memory", key_id="k", endpoint="https://kms.example", credentials=""
    )


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    """Registered as one more kind: the one line that it takes."""
    service = Service()

    def connect(_access: KmsAccess, _http: object) -> RemoteKms:
        return service

    monkeypatch.setitem(KMS_KINDS, "memory", KmsKind(connect, key_id=".+", settings=(), credentials=("token",)))
    return service


@pytest.fixture
async def world(service: Service) -> World:
    outbound = OutboundClient()
    directory = KmsDirectory(SYSTEM_KEY, merchants=outbound, operator=outbound)
    settings = directory.credentials.seal(config(), {"token": "t"})
    directory.put(settings)
    record = await directory.new_dek(DekPlace("organization", ORG, "operational", 1), 1)
    keyring, seconds = Keyring.from_secrets(SYSTEM_KEY, secrets.token_hex(32)), [1000.0]
    keyring.remote = RemoteDeks(now=lambda: seconds[0])
    keeper = KeyKeeper(keyring, directory, now=lambda: seconds[0])
    local = keyring.create("organization", LOCAL_ORG, "operational")
    for key, item in ((kms_key(settings), settings), (dek_key(record), record), (dek_key(local), local)):
        keeper.changed(key, item)
    return World(service, keyring, keeper, record, seconds)


async def test_a_key_is_unavailable_until_its_service_gave_it(world: World) -> None:
    with pytest.raises(KeyUnavailable) as caught:
        world.seal()
    assert caught.value.status == 503

    await world.later(0)

    assert world.seal() == "Ada"


async def test_an_outage_is_survived_for_a_day_and_then_hits_this_tenant_only(world: World) -> None:
    await world.later(0)
    world.service.trouble = KmsUnreachable("away", reason="timeout")

    await world.later(LIFETIME_S - 10)
    assert world.seal() == "Ada"

    await world.later(20)
    with pytest.raises(KeyUnavailable) as caught:
        world.seal()
    assert caught.value.code == "KEY_UNAVAILABLE"
    assert world.seal(LOCAL_ORG) == "Ada"

    world.service.trouble = None
    await world.later(RETRY_LAST_S * 2)
    assert world.seal() == "Ada"


async def test_keys_are_asked_for_again_every_hour_and_not_more_often(world: World) -> None:
    await world.later(0)
    calls = world.service.calls

    await world.later(REFRESH_S / 2)
    assert world.service.calls == calls

    world.seconds[0] += REFRESH_S
    world.keeper._start_due()
    await asyncio.gather(*world.keeper._calls.values())
    assert world.service.calls == calls + 1


async def test_a_withdrawn_key_is_out_of_use_with_the_next_question(world: World) -> None:
    await world.later(0)
    world.service.trouble = KmsRefused("disabled", reason="DisabledException")

    world.seconds[0] += REFRESH_S + 1
    world.keeper._start_due()
    await asyncio.gather(*world.keeper._calls.values())

    with pytest.raises(KeyUnavailable):
        world.seal()


async def test_failing_calls_are_repeated_with_growing_pauses(world: World) -> None:
    world.service.trouble = KmsUnreachable("away", reason="timeout")
    calls = world.service.calls
    await world.later(0)
    for _ in range(100):
        world.keeper._start_due()
        await asyncio.gather(*world.keeper._calls.values())
    assert world.service.calls == calls + 1


@pytest.mark.parametrize("read", [read_aws, read_vault])
@pytest.mark.parametrize(
    "body",
    [b"[" * 60_000, b'{"a":' * 12_000, b"1" * 60_000, b"\xff", b"", b"null", b'{"data": 5}', b'{"Plaintext": 5}'],
)
def test_an_absurd_answer_is_an_outage_of_that_service(read: Callable[[OutboundAnswer], object], body: bytes) -> None:
    try:
        assert isinstance(read(OutboundAnswer(200, {}, body, 1)), dict)
    except KmsUnreachable:
        return


@pytest.mark.parametrize("answer", [b"", b"short", b"x" * 33, b"x" * 60_000])
async def test_a_service_that_gives_no_data_key_is_asked_ever_less_often(world: World, answer: bytes) -> None:
    world.service.gives = answer
    calls = world.service.calls

    for _ in range(5):
        await world.later(0)
    assert world.service.calls == calls + 1
    with pytest.raises(KeyUnavailable):
        world.seal()
    assert world.seal(LOCAL_ORG) == "Ada"

    world.service.gives = None
    await world.later(RETRY_LAST_S * 2)
    assert world.seal() == "Ada"


async def test_a_destroyed_key_does_not_come_back_with_a_late_answer(world: World) -> None:
    key = dek_key(world.record)
    raw = await world.keeper.directory.unwrap(world.record)

    world.keeper.changed(key, None)
    world.keyring.remote.unwrapped(key, world.record, raw)

    with pytest.raises(KeyUnavailable):
        world.seal()


async def test_a_new_version_is_used_only_once_it_is_unwrapped(world: World) -> None:
    await world.later(0)
    world.service.trouble = KmsUnreachable("away", reason="timeout")
    newer = world.record.model_copy(update={"version": 2, "wrapped": "AAAA"})

    world.keeper.changed(dek_key(newer), newer)

    assert world.keyring.encrypt(ORG, *PLACE, "x").v == 1


async def test_a_key_that_moves_to_another_service_stays_usable_meanwhile(world: World) -> None:
    local = world.keyring.create("organization", LOCAL_ORG, "records")
    world.keyring.load(local)
    sealed = world.keyring.encrypt(LOCAL_ORG, *PLACE, "Ada", purpose="records")

    world.keyring.load(local.model_copy(update={"kms": "memory", "kms_generation": 7}))

    assert world.keyring.decrypt(sealed, LOCAL_ORG, *PLACE) == b"Ada"


async def test_rewrapping_keeps_the_key(world: World) -> None:
    await world.later(0)
    sealed = world.keyring.encrypt(ORG, *PLACE, "Ada")

    moved = await world.keeper.directory.rewrap(world.record, 0)
    assert moved.kms == "local"
    world.keyring.load(moved)

    assert world.keyring.decrypt(sealed, ORG, *PLACE) == b"Ada"
    world.service.trouble = KmsUnreachable("gone for good", reason="timeout")
    world.seconds[0] += 2 * LIFETIME_S
    assert world.seal() == "Ada"


async def test_a_service_that_does_not_bind_to_the_place_is_refused(world: World) -> None:
    class Careless(Service):
        async def unwrap(self, wrapped: bytes, place: DekPlace) -> bytes:
            return self.kept[wrapped][0]

    with pytest.raises(KmsRefused, match="place"):
        await world.keeper.directory.probe(Careless(), ORG)


def test_credentials_do_not_open_for_another_endpoint_tenant_or_system_key() -> None:
    box = CredentialBox(SYSTEM_KEY)
    sealed = box.seal(config(), {"token": "secret"})

    assert box.open(sealed).credentials == {"token": "secret"}
    assert "secret" not in repr(box.open(sealed))
    for change in ({"endpoint": "https://evil.example"}, {"organization_id": LOCAL_ORG}, {"generation": 2}):
        with pytest.raises(DecryptionFailed):
            box.open(sealed.model_copy(update=change))
    with pytest.raises(DecryptionFailed):
        CredentialBox(secrets.token_hex(32)).open(sealed)


@pytest.mark.parametrize(
    ("endpoint", "private", "http", "is_fine"),
    [
        ("https://kms.example.com/", False, False, True),
        ("http://kms.example.com/", False, False, False),
        ("http://127.0.0.1:5000/", True, True, True),
        ("http://10.0.0.5/", True, False, False),
        ("https://10.0.0.5:8200", True, False, True),
        ("https://10.0.0.5:8200", False, False, False),
        ("https://169.254.169.254/", True, True, False),
        ("https://127.0.0.1/", False, False, False),
        ("https://user:pass@kms.example.com/", False, False, False),
        ("https://kms.example.com/?a=b", False, False, False),
        ("file:///etc/passwd", True, True, False),
        ("gopher://kms.example.com/", True, True, False),
    ],
)
def test_endpoints(endpoint: str, private: bool, http: bool, is_fine: bool) -> None:
    def check() -> KmsAccess:
        return checked_access(
            "vault",
            key_id="gateway",
            endpoint=endpoint,
            settings={},
            credentials={"token": "t"},
            is_private_allowed=private,
            is_http_allowed=http,
        )

    if is_fine:
        assert check().endpoint == endpoint
    else:
        with pytest.raises(Invalid) as caught:
            check()
        assert caught.value.details[0].field == "endpoint"


@dataclass(frozen=True)
class Given:
    kind: str = "aws"
    key_id: str = "alias/gateway"
    settings: tuple[tuple[str, str], ...] = (("region", "eu-central-1"),)
    credentials: tuple[tuple[str, str], ...] = (("accessKeyId", "A"), ("secretAccessKey", "B"))


@pytest.mark.parametrize(
    ("given", "field_name"),
    [
        (Given(kind="abacus"), "kms"),
        (replace(Given(), key_id="a b"), "keyId"),
        (replace(Given(), key_id=""), "keyId"),
        (replace(Given(), settings=()), "settings.region"),
        (replace(Given(), settings=(("region", "evil.example/#"),)), "settings.region"),
        (replace(Given(), settings=(("region", "eu-central-1"), ("x", "y"))), "settings.x"),
        (replace(Given(), credentials=(("accessKeyId", "A"),)), "credentials.secretAccessKey"),
        (replace(Given(), credentials=(("accessKeyId", "A\n"), ("secretAccessKey", "B"))), "credentials.accessKeyId"),
        (Given(kind="vault", key_id="gateway", settings=(), credentials=(("token", "t"),)), "endpoint"),
        (Given(kind="vault", key_id="../sys", settings=(), credentials=(("token", "t"),)), "keyId"),
        (Given("vault", "k", (("mount", "../sys"),), (("token", "t"),)), "settings.mount"),
    ],
)
def test_what_a_kind_cannot_work_with_is_named(given: Given, field_name: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked_access(
            given.kind,
            key_id=given.key_id,
            endpoint=None,
            settings=dict(given.settings),
            credentials=dict(given.credentials),
            is_private_allowed=False,
            is_http_allowed=False,
        )
    assert caught.value.details[0].field == field_name
