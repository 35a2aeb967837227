"""Create a system key; this requires a shell on the installation."""

from admin_api.shared.domain.scopes import SYSTEM_SCOPES
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.authenticate import HASH_PURPOSE
from gateway_contracts.ids import new_object_id
from gateway_kit.crypto.api_keys import new_api_key
from gateway_kit.mongo.unit_of_work import Tx


async def create_system_key(label: str, *, tenancy: Tenancy) -> tuple[ApiKey, str]:
    """The key and its text, which is shown once."""
    text = new_api_key("sys", new_object_id())
    key = ApiKey(
        id=text.key_id,
        kind="system",
        organization_id="",
        livemode=False,
        label=label,
        scopes=SYSTEM_SCOPES,
        secret_hash=tenancy.keyring.keyed_hash(HASH_PURPOSE, str(text)),
        created_at=tenancy.clock.now(),
    )

    async def work(tx: Tx) -> ApiKey:
        tenancy.api_keys.insert(tx, key)
        await tenancy.audit.note(tx, key.actor(), "api_key.create_system", key.id)
        return key

    return await tenancy.uow.run(work), str(text)
