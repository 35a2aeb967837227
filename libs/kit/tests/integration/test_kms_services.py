"""The connectors against servers over real HTTP: AWS KMS as moto serves it, the transit engine as its double does."""

import asyncio
import json
import secrets
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio
from aiohttp import web
from moto.server import ThreadedMotoServer

from gateway_kit.crypto.errors import KmsRefused, KmsUnreachable
from gateway_kit.crypto.kms import DekPlace, RemoteKms
from gateway_kit.crypto.kms_access import KmsAccess
from gateway_kit.crypto.kms_aws import _read, _signer
from gateway_kit.crypto.kms_directory import KmsDirectory
from gateway_kit.http.outbound import OutboundAnswer, OutboundClient, OutboundLimits
from gateway_kit.service import KMS_LIMITS
from gateway_testkit.vault import VaultDouble, running_vault
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

ORG = "0" * 23 + "1"
PLACE = DekPlace("organization", ORG, "operational", 1)
DEK = secrets.token_bytes(32)


@dataclass
class Aws:
    url: str

    def call(self, action: str, **fields: object) -> dict[str, dict[str, str]]:
        """Actions of the key's owner; moto does not check signatures."""
        headers = {
            "X-Amz-Target": f"TrentService.{action}",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/eu-central-1/kms/aws4_request, Signature=x",
        }
        request = urllib.request.Request(self.url, json.dumps(fields).encode(), headers)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
            body: dict[str, dict[str, str]] = json.loads(answer.read() or b"{}")
        return body

    def new_key(self) -> str:
        return self.call("CreateKey")["KeyMetadata"]["KeyId"]


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield Aws(f"http://{host}:{port}/")
    server.stop()


@pytest_asyncio.fixture
async def directory() -> AsyncIterator[KmsDirectory]:
    limits = OutboundLimits(total_s=60, connect_s=60, read_s=60)
    outbound = OutboundClient(allow_private=True, limits=limits)
    yield KmsDirectory(secrets.token_hex(32), merchants=outbound, operator=outbound)
    await outbound.aclose()


@pytest_asyncio.fixture
async def vault() -> AsyncIterator[VaultDouble]:
    async with running_vault() as running:
        yield running


def aws_kms(directory: KmsDirectory, aws: Aws, key_id: str) -> RemoteKms:
    credentials = {"accessKeyId": "AKIATEST", "secretAccessKey": "secret"}
    return directory.connect("aws", KmsAccess(key_id, aws.url, {"region": "eu-central-1"}, credentials), ORG)


def vault_kms(directory: KmsDirectory, vault: VaultDouble, key: str = "gateway", token: str = "hvs.test") -> RemoteKms:
    return directory.connect("vault", KmsAccess(key, vault.url, {}, {"token": token}), ORG)


async def test_aws_wraps_unwraps_and_binds(directory: KmsDirectory, aws: Aws) -> None:
    service = aws_kms(directory, aws, aws.new_key())

    await directory.probe(service, ORG)

    wrapped = await service.wrap(DEK, PLACE)
    assert DEK not in wrapped
    assert await service.unwrap(wrapped, PLACE) == DEK
    with pytest.raises(KmsRefused):
        await service.unwrap(wrapped, DekPlace("organization", "0" * 23 + "2", "operational", 1))


async def test_aws_refuses_an_unknown_key(directory: KmsDirectory, aws: Aws) -> None:
    with pytest.raises(KmsRefused) as caught:
        await aws_kms(directory, aws, "0" * 8 + "-0000-0000-0000-" + "0" * 12).wrap(DEK, PLACE)
    assert caught.value.data["reason"] == "NotFoundException"


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (400, "DisabledException", KmsRefused),
        (400, "com.amazonaws.kms#AccessDeniedException", KmsRefused),
        (400, "KMSInvalidStateException", KmsRefused),
        (400, "ThrottlingException", KmsUnreachable),
        (400, "ExpiredTokenException", KmsUnreachable),
        (403, "InvalidSignatureException", KmsUnreachable),
        (500, "KMSInternalException", KmsUnreachable),
    ],
)
def test_a_refusal_by_the_owner_is_distinguished_from_an_outage(status: int, kind: str, error: type[Exception]) -> None:
    # moto serves disabled keys and every signature: these answers are written down here.
    with pytest.raises(error):
        _read(OutboundAnswer(status, {}, json.dumps({"__type": kind, "message": "…"}).encode(), 1))


async def test_requests_to_aws_are_signed(directory: KmsDirectory) -> None:
    access = KmsAccess("k", "https://kms.eu-central-1.amazonaws.com", {"region": "eu-central-1"}, {
        "accessKeyId": "AKIATEST", "secretAccessKey": "secret", "sessionToken": "session",
    })  # fmt: skip
    headers = _signer(access)(access.endpoint + "/", b"{}", {"X-Amz-Target": "TrentService.Encrypt"})

    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIATEST/")
    assert "/eu-central-1/kms/aws4_request" in headers["Authorization"]
    assert "x-amz-target" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "session"
    assert "secret" not in json.dumps(headers).replace("aws4", "")


async def test_vault_wraps_unwraps_and_binds(directory: KmsDirectory, vault: VaultDouble) -> None:
    service = vault_kms(directory, vault)

    await directory.probe(service, ORG)

    wrapped = await service.wrap(DEK, PLACE)
    vault.rotate("gateway")
    assert await service.unwrap(wrapped, PLACE) == DEK
    with pytest.raises(KmsRefused):
        await service.unwrap(wrapped, DekPlace("organization", ORG, "operational", 2))


async def test_vault_tells_an_outage_from_a_refusal(directory: KmsDirectory, vault: VaultDouble) -> None:
    wrapped = await vault_kms(directory, vault).wrap(DEK, PLACE)

    with pytest.raises(KmsRefused):
        await vault_kms(directory, vault, key="unknown").wrap(DEK, PLACE)
    with pytest.raises(KmsUnreachable):
        await vault_kms(directory, vault, token="expired").unwrap(wrapped, PLACE)
    vault.is_sealed = True
    with pytest.raises(KmsUnreachable):
        await vault_kms(directory, vault).unwrap(wrapped, PLACE)


async def test_an_unreachable_service_is_an_outage(directory: KmsDirectory) -> None:
    access = KmsAccess("gateway", "http://127.0.0.1:1", {}, {"token": "t"})
    with pytest.raises(KmsUnreachable) as caught:
        await directory.connect("vault", access, ORG).wrap(DEK, PLACE)
    assert caught.value.data["reason"] == "not_connected"


async def test_in_production_a_merchants_endpoint_cannot_be_inside(vault: VaultDouble) -> None:
    guarded = OutboundClient(allow_private=False)
    directory = KmsDirectory(secrets.token_hex(32), merchants=guarded, operator=guarded)

    with pytest.raises(KmsUnreachable):
        await vault_kms(directory, vault).wrap(DEK, PLACE)

    assert vault.calls == 0
    await guarded.aclose()


async def test_services_of_one_organization_that_hang_leave_those_of_another_alone(vault: VaultDouble) -> None:
    """As many calls as there are connections, each to another host of the same organization."""
    reached, over = 0, asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        nonlocal reached
        reached += 1
        await over.wait()
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", hang)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    client = OutboundClient(allow_private=True, limits=replace(KMS_LIMITS, total_s=600, read_s=600))
    directory = KmsDirectory(secrets.token_hex(32), merchants=client, operator=client)
    place = DekPlace("organization", "b" * 24, "operational", 1)

    def silent(number: int) -> RemoteKms:
        access = KmsAccess("k", f"http://h{number}.localhost:{port}", {}, {"token": "t"})
        return directory.connect("vault", access, "a" * 24)

    calls = [asyncio.create_task(silent(number).wrap(secrets.token_bytes(32), place)) for number in range(40)]
    await eventually(lambda: reached >= 4)
    other = KmsAccess("gateway", vault.url, {}, {"token": "hvs.test"})
    wrapping = asyncio.create_task(directory.connect("vault", other, "b" * 24).wrap(secrets.token_bytes(32), place))

    await eventually(lambda: wrapping.done())

    assert wrapping.result()
    assert reached == 4
    over.set()
    await asyncio.gather(*calls, return_exceptions=True)
    await client.aclose()
    await runner.cleanup()
