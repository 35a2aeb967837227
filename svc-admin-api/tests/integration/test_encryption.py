"""Data keys over the API: own key-management service, rotation, destruction."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from admin_world import Api
from moto.server import ThreadedMotoServer

from admin_api.app import DOCUMENTS
from admin_api.encryption.domain.rotation import OLD_KEY_KEPT
from admin_api.encryption.ports import Encryption
from admin_api.encryption.use_cases.advance_rotations import advance_rotations
from admin_api.encryption.use_cases.provision_keys import republish_configuration
from admin_api.encryption.use_cases.record_reencryption import record_reencryption
from admin_api.encryption.use_cases.renew_records import record_rewriters
from admin_api.encryption.use_cases.retire_deks import purge_destroyed_deks, republish_encryption, retire_deks
from gateway_contracts.config import KmsConfig, ProviderConfig, RotationConfig
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.requests.rotation import REENCRYPTING_SERVICES, ReencryptionReport
from gateway_kit.crypto.config_secrets import provider_secrets
from gateway_kit.crypto.errors import KeyUnavailable
from gateway_kit.crypto.key_keeper import KeyKeeper
from gateway_kit.crypto.remote_deks import LIFETIME_S
from gateway_kit.mongo.encrypted_annotations import encrypted_collections
from gateway_kit.mongo.reencrypt import Pace, Reencryptor
from gateway_testkit.clock import FrozenClock
from gateway_testkit.vault import VaultDouble, running_vault

pytestmark = pytest.mark.integration

TOKEN = "hvs.canary-of-the-vault"


@pytest_asyncio.fixture
async def vault() -> AsyncIterator[VaultDouble]:
    async with running_vault() as running:
        running.token = TOKEN
        yield running


@pytest.fixture
def encryption(api: Api) -> Encryption:
    """The ports behind the API; as in development, so that the double on loopback may be used."""
    state = api.applications[0].state
    state.encryption = replace(state.encryption, is_development=True)
    found: Encryption = state.encryption
    return found


def vault_body(vault: VaultDouble, **changes: Any) -> dict[str, Any]:
    return {"kms": "vault", "keyId": "gateway", "endpoint": vault.url, "credentials": {"token": TOKEN}} | changes


async def outbox(api: Api, prefix: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        await api.db.outbox.find({"subject": {"$regex": f"^{prefix}"}}).sort("_id", 1).to_list()
    )
    return rows


async def settled(encryption: Encryption) -> None:
    """The work of the keeper in a started process."""
    await KeyKeeper(encryption.keyring, encryption.directory).settle(60)


async def test_own_service_is_tried_then_wraps_everything(api: Api, encryption: Encryption, vault: VaultDouble) -> None:
    organization_id = await api.organization()
    key = await api.key(organization_id, livemode=True)
    path = f"/organizations/{organization_id}/encryption"
    sealed = encryption.keyring.encrypt(organization_id, "clients", "c1", "party", "Ada")

    answer = await api.ask("PUT", path, key, vault_body(vault))

    assert answer.status_code == 200, answer.text
    assert answer.json()["job"]["mode"] == "rewrap"
    assert TOKEN not in answer.text
    assert await advance_rotations(encryption=encryption) == 1
    await settled(encryption)
    shown = (await api.ask("GET", path, key)).json()
    assert shown["kms"] == "vault"
    assert shown["hasCredentials"]
    assert [(item["purpose"], item["kms"], item["usable"]) for item in shown["keys"]] == [
        ("operational", "vault", True),
        ("records", "vault", True),
    ]
    assert shown["job"]["state"] == "done"
    assert encryption.keyring.decrypt(sealed, organization_id, "clients", "c1", "party") == b"Ada"
    # The record is published; the token is nowhere in clear.
    published = [KmsConfig.model_validate(row["body"]) for row in await outbox(api, "kms")]
    assert [record.endpoint for record in published] == [vault.url]
    for name in await api.db.list_collection_names():
        async for row in api.db[name].find():
            assert TOKEN not in json.dumps(row, default=str)


async def test_credentials_stay_at_their_service_and_go_nowhere_else(
    api: Api, encryption: Encryption, vault: VaultDouble
) -> None:
    path = f"/organizations/{await api.organization()}/encryption"
    await api.ask("PUT", path, api.system_key, vault_body(vault))
    await advance_rotations(encryption=encryption)
    shown = (await api.ask("GET", path, api.system_key)).json()

    again = await api.ask("PUT", path, api.system_key, shown)
    assert (again.status_code, again.json().get("endpoint")) == (200, vault.url), again.text
    await advance_rotations(encryption=encryption)
    async with running_vault() as other:
        elsewhere = await api.ask("PUT", path, api.system_key, {**shown, "endpoint": other.url})
        assert (elsewhere.status_code, other.calls) == (422, 0), elsewhere.text
    cleared = await api.ask("PUT", path, api.system_key, {**shown, "credentials": None})
    assert cleared.status_code == 422


async def test_back_to_local_forgets_the_service(api: Api, encryption: Encryption, vault: VaultDouble) -> None:
    organization_id = await api.organization()
    path = f"/organizations/{organization_id}/encryption"
    await api.ask("PUT", path, api.system_key, vault_body(vault))
    await advance_rotations(encryption=encryption)

    answer = await api.ask("PUT", path, api.system_key, {"kms": "local"})
    assert answer.status_code == 200, answer.text
    await advance_rotations(encryption=encryption)

    shown = (await api.ask("GET", path, api.system_key)).json()
    assert {item["kms"] for item in shown["keys"]} == {"local"}
    assert (await encryption.kms.of(organization_id)).generations == {}
    assert (await outbox(api, "kms"))[-1]["body"] is None


async def test_an_outage_holds_the_job_and_not_the_data(api: Api, encryption: Encryption, vault: VaultDouble) -> None:
    organization_id = await api.organization()
    path = f"/organizations/{organization_id}/encryption"
    await api.ask("PUT", path, api.system_key, vault_body(vault))
    vault.is_sealed = True

    assert await advance_rotations(encryption=encryption) == 0
    job = (await api.ask("GET", path, api.system_key)).json()["job"]
    assert (job["state"], bool(job["problem"])) == ("running", True)
    assert encryption.keyring.has_keys(organization_id)
    assert encryption.keyring.encrypt(organization_id, "c", "d", "f", "x").v == 1

    vault.is_sealed = False
    assert await advance_rotations(encryption=encryption) == 1


async def test_after_a_day_of_silence_this_organization_answers_503_and_no_other(
    api: Api, encryption: Encryption, vault: VaultDouble
) -> None:
    path = "/organizations/settings/invoicing"
    keys = []
    for organization_id in (await api.organization(), await api.organization()):
        keys.append(await api.key(organization_id, livemode=True))
        assert (await api.ask("PATCH", path, keys[-1], {"companyEmail": "office@example.org"})).status_code == 200
    await api.ask("PUT", f"/organizations/{organization_id}/encryption", keys[1], vault_body(vault))
    await advance_rotations(encryption=encryption)
    await settled(encryption)
    vault.is_sealed = True
    assert (await api.ask("GET", path, keys[1])).json()["companyEmail"] == "office@example.org"

    remote = encryption.keyring.remote
    present = remote._now
    remote._now = lambda: present() + LIFETIME_S + 1
    answer = await api.ask("GET", path, keys[1])
    assert (answer.status_code, answer.json()["code"]) == (503, "KEY_UNAVAILABLE")
    assert answer.headers["retry-after"]
    assert (await api.ask("GET", path, keys[0])).status_code == 200

    vault.is_sealed = False
    await settled(encryption)
    assert (await api.ask("GET", path, keys[1])).status_code == 200


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"credentials": {"token": "wrong"}}, "KMS_TEST_FAILED"),
        ({"keyId": "unknown"}, "KMS_TEST_FAILED"),
        ({"endpoint": "http://127.0.0.1:1"}, "KMS_TEST_FAILED"),
        ({"endpoint": "http://169.254.169.254/"}, "TARGET_FORBIDDEN"),
        ({"kms": "abacus"}, "KMS_UNKNOWN"),
        ({"credentials": {}}, "VALIDATION_FAILED"),
    ],
)
async def test_a_service_that_does_not_work_is_not_accepted(
    api: Api, encryption: Encryption, vault: VaultDouble, change: dict[str, Any], code: str
) -> None:
    organization_id = await api.organization()
    path = f"/organizations/{organization_id}/encryption"

    answer = await api.ask("PUT", path, api.system_key, vault_body(vault, **change))

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await api.ask("GET", path, api.system_key)).json()["kms"] == "local"


async def test_in_production_endpoints_are_public_and_https(api: Api, vault: VaultDouble) -> None:
    organization_id = await api.organization()
    path = f"/organizations/{organization_id}/encryption"
    for endpoint in (vault.url, "https://127.0.0.1:8200", "https://10.1.2.3", "http://kms.example.com"):
        answer = await api.ask("PUT", path, api.system_key, vault_body(vault, endpoint=endpoint))
        assert (answer.status_code, answer.json()["code"]) == (422, "TARGET_FORBIDDEN"), endpoint
    assert vault.calls == 0


async def test_aws_as_an_organizations_own_service(api: Api, encryption: Encryption) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        await _aws_story(api, encryption, "http://{}:{}/".format(*server.get_host_and_port()))
    finally:
        server.stop()


async def _aws_story(api: Api, encryption: Encryption, url: str) -> None:
    headers = {
        "X-Amz-Target": "TrentService.CreateKey",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/eu-central-1/kms/aws4_request, Signature=x",
    }
    # Its first answer is when it has loaded all that it knows about.
    async with httpx.AsyncClient(timeout=120) as http:
        key_id = (await http.post(url, content=b"{}", headers=headers)).json()["KeyMetadata"]["KeyId"]
    organization_id = await api.organization()
    path = f"/organizations/{organization_id}/encryption"
    body = {
        "kms": "aws",
        "keyId": key_id,
        "endpoint": url,
        "settings": {"region": "eu-central-1"},
        "credentials": {"accessKeyId": "AKIATEST", "secretAccessKey": "canary-secret"},
    }
    sealed = encryption.keyring.encrypt(organization_id, "c", "d", "f", "Ada")

    answer = await api.ask("PUT", path, api.system_key, body)

    assert answer.status_code == 200, answer.text
    assert await advance_rotations(encryption=encryption) == 1
    await settled(encryption)
    assert {item["kms"] for item in (await api.ask("GET", path, api.system_key)).json()["keys"]} == {"aws"}
    assert encryption.keyring.decrypt(sealed, organization_id, "c", "d", "f") == b"Ada"


async def _rotate_own(api: Api, encryption: Encryption) -> None:
    """The work of the started services: each encrypts again and reports it; here three of them have nothing to do."""
    rotations = [RotationConfig.model_validate(row["body"]) for row in await outbox(api, "rotation") if row["body"]]
    job = rotations[-1]

    async def report(said: ReencryptionReport) -> bool:
        return await record_reencryption(said, encryption=encryption)

    worker = Reencryptor(
        db=api.db,
        service="svc-admin-api",
        collections=encrypted_collections(DOCUMENTS),
        keyring=encryption.keyring,
        clock=encryption.clock,
        rotations=lambda: [job],
        report=report,
        rewriters=record_rewriters(api.tenancy),
        pace=Pace(documents_per_s=1e6, settle_s=0),
    )
    await worker.advance(job)
    for service in REENCRYPTING_SERVICES:
        await report(ReencryptionReport(job_id=job.job_id, service=service, state="done"))


async def test_full_rotation_of_an_organization(api: Api, encryption: Encryption) -> None:
    organization_id = await api.organization()
    key = await api.key(organization_id, livemode=True)
    path = f"/organizations/{organization_id}/encryption"
    settings = {"companyEmail": "office@example.org"}
    assert (await api.ask("PATCH", "/organizations/settings/invoicing", key, settings)).status_code == 200

    started = await api.ask("POST", f"{path}/rotate", key, {"mode": "full"}, Idempotency_Key="rotate-1")
    again = await api.ask("POST", f"{path}/rotate", key, {"mode": "full"}, Idempotency_Key="rotate-1")
    other = await api.ask("POST", f"{path}/rotate", key, {"mode": "full"})

    assert started.status_code == 202, started.text
    assert again.json() == started.json()
    assert (other.status_code, other.json()["code"]) == (409, "ROTATION_RUNNING")
    assert encryption.keyring.encrypt(organization_id, "c", "d", "f", "x").v == 2
    assert await advance_rotations(encryption=encryption) == 0, "no service has reported yet"

    await _rotate_own(api, encryption)
    assert await advance_rotations(encryption=encryption) == 1

    job = (await api.ask("GET", f"{path}/jobs/{started.json()['id']}", key)).json()
    assert job["state"] == "done"
    own = next(item for item in job["services"] if item["service"] == "svc-admin-api")
    assert own["changed"] == 1
    shown = (await api.ask("GET", path, key)).json()["keys"]
    assert [(item["purpose"], item["version"], item["active"]) for item in shown] == [
        ("operational", 1, False),
        ("operational", 2, True),
        ("records", 1, False),
        ("records", 2, True),
    ]
    row = await api.db.organizations.find_one({"_id": organization_id})
    assert EncryptedValue.model_validate(row["record"]["invoicing"]["companyEmail"]["encrypted"]).v == 2
    assert row["version"] == row["record"]["version"] == 3, "published as a newer record"
    assert (await outbox(api, f"org.{organization_id}"))[-1]["body"]["version"] == 3
    shown_email = (await api.ask("GET", "/organizations/settings/invoicing", key)).json()["companyEmail"]
    assert shown_email == "office@example.org"
    assert (await outbox(api, "rotation"))[-1]["body"] is None


async def test_full_rotation_of_the_systems_keys(api: Api, encryption: Encryption) -> None:
    organization_id = await api.organization()
    key = await api.key(organization_id)
    body = {
        "type": "stripe",
        "label": "Cards",
        "secretKey": "sk_test_123",
        "webhookSecret": "whsec_1",
        "publishableKey": "pk_test_1",
    }
    created = await api.ask("POST", "/providers", key, body, X_Real_IP="203.0.113.77")
    assert created.status_code == 201, created.text
    entry = await api.db.audit_log.find_one({"object_id": created.json()["id"]})

    assert (await api.ask("POST", "/system/encryption/rotate", key, {"mode": "full"})).status_code == 403
    started = await api.ask("POST", "/system/encryption/rotate", api.system_key, {"mode": "full"})
    assert started.status_code == 202, started.text
    await _rotate_own(api, encryption)
    assert await advance_rotations(encryption=encryption) == 1

    row = await api.db.providers.find_one({"_id": created.json()["id"]})
    record = ProviderConfig.model_validate(row["record"])
    assert {value.v for values in record.secrets.values() for value in values} == {2}
    assert provider_secrets(encryption.keyring, record, "secretKey") == ("sk_test_123",)
    assert (await api.ask("GET", f"/providers/{record.id}", key)).status_code == 200
    # The audit log is as it was; the addresses beside it are under the new key.
    assert await api.db.audit_log.find_one({"_id": entry["_id"]}) == entry
    assert {row["address"]["v"] async for row in api.db.audit_addresses.find()} == {2}
    shown = (await api.ask("GET", f"/audit?objectId={record.id}", key)).json()["entries"]
    assert shown[0]["address"] == "203.0.113.77"


async def test_old_keys_are_deleted_when_nothing_can_hold_their_values(api: Api, encryption: Encryption) -> None:
    organization_id = await api.organization()
    path = f"/organizations/{organization_id}/encryption"
    await api.ask("POST", f"{path}/rotate", api.system_key, {"mode": "full", "purposes": ["operational"]})
    await _rotate_own(api, encryption)
    await advance_rotations(encryption=encryption)
    assert await retire_deks(encryption=encryption) == 0, "streams may still hold values"

    later = FrozenClock(encryption.clock.now() + OLD_KEY_KEPT + timedelta(days=2))
    uow = type(encryption.uow)(api.db.client, api.db, source="svc-admin-api", clock=later)
    future = replace(encryption, clock=later, uow=uow)
    assert await retire_deks(encryption=future) == 1
    await _rotate_own(api, future)
    assert await advance_rotations(encryption=future) == 1

    names = [dek.record.version for dek in await encryption.deks.of_tenant(organization_id)]
    assert names == [2, 1], "operational 2 and records 1"
    assert (await outbox(api, f"dek.org.{organization_id}.operational.1"))[-1]["body"] is None


async def test_shredding(api: Api, encryption: Encryption) -> None:
    organization_id, other_id = await api.organization(), await api.organization()
    key = await api.key(organization_id)
    path = f"/organizations/{organization_id}/shred"
    keyring = encryption.keyring
    sealed = keyring.encrypt(organization_id, "c", "d", "f", "Ada")
    records = keyring.encrypt(organization_id, "c", "d", "f", "Ada", purpose="records")
    body = {"confirm": organization_id, "reason": "contract ended"}

    assert (await api.ask("POST", path, key, body)).status_code == 403
    wrong = await api.ask("POST", path, api.system_key, body | {"confirm": other_id})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "CONFIRMATION_REQUIRED")
    assert keyring.decrypt(sealed, organization_id, "c", "d", "f") == b"Ada"

    answer = await api.ask("POST", path, api.system_key, body)

    assert answer.status_code == 200, answer.text
    name = f"dek.org.{organization_id}.operational.1"
    assert answer.json()["destroyed"] == [name]
    with pytest.raises(KeyUnavailable):
        keyring.decrypt(sealed, organization_id, "c", "d", "f")
    assert keyring.decrypt(records, organization_id, "c", "d", "f") == b"Ada"
    # No copy is left, not in the outbox either: only the order to purge.
    assert await api.db.deks.find_one({"_id": name}) is None
    assert [row["body"] for row in await outbox(api, name)] == [None]
    assert await api.db.audit_log.find_one({"action": "encryption.shred", "object_id": organization_id}) is not None
    rotate = await api.ask(
        "POST", f"/organizations/{organization_id}/encryption/rotate", api.system_key, {"mode": "full"}
    )
    assert rotate.status_code == 202, "records can still be rotated"

    glass = await api.ask("POST", path, api.system_key, body | {"includeRecords": True})
    assert f"dek.org.{organization_id}.records.1" in glass.json()["destroyed"]
    with pytest.raises(KeyUnavailable):
        keyring.decrypt(records, organization_id, "c", "d", "f")
    job = (await api.ask("GET", f"/organizations/{organization_id}/encryption", api.system_key)).json()["job"]
    assert job["state"] == "canceled"
    assert keyring.has_keys(other_id)


async def test_a_destroyed_key_is_not_published_again(api: Api, encryption: Encryption) -> None:
    organization_id = await api.organization()
    name = f"dek.org.{organization_id}.operational.1"
    before = next(dek.record for dek in await encryption.deks.of_tenant(organization_id))
    await api.ask(
        "POST", f"/organizations/{organization_id}/shred", api.system_key,
        {"confirm": organization_id, "reason": "contract ended"},
    )  # fmt: skip

    await republish_configuration(tenancy=api.tenancy)
    assert [row["body"] for row in await outbox(api, name)] == [None]

    # A process that was late put it into the bucket again: this one hears of it, and removes it.
    encryption.keyring.load(before)
    assert await purge_destroyed_deks(encryption=encryption) == [name]
    assert not encryption.keyring.has_keys(organization_id)
    assert await purge_destroyed_deks(encryption=encryption) == []


async def test_settings_and_running_jobs_are_published_again_at_start(
    api: Api, encryption: Encryption, vault: VaultDouble
) -> None:
    organization_id = await api.organization()
    path = f"/organizations/{organization_id}/encryption"
    await api.ask("PUT", path, api.system_key, vault_body(vault))
    await advance_rotations(encryption=encryption)
    await settled(encryption)
    await api.ask("POST", f"{path}/rotate", api.system_key, {"mode": "full"})

    assert await republish_encryption(encryption=encryption) == 2


async def test_a_foreign_organization_does_not_exist(api: Api, encryption: Encryption) -> None:
    mine, foreign = await api.organization(), await api.organization()
    key = await api.key(mine)
    for verb, path, body in (
        ("GET", "encryption", None),
        ("PUT", "encryption", {"kms": "local"}),
        ("POST", "encryption/rotate", {"mode": "full"}),
        ("GET", "encryption/jobs", None),
        ("GET", "encryption/jobs/" + "a" * 24, None),
    ):
        answer = await api.ask(verb, f"/organizations/{foreign}/{path}", key, body)
        assert answer.status_code == 404, path
    weak = await api.key(mine, "organization:read")
    assert (await api.ask("GET", f"/organizations/{mine}/encryption", weak)).status_code == 403
