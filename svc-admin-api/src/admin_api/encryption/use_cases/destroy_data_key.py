"""Destroy a data key: what it encrypted is unreadable everywhere."""

from admin_api.encryption.domain.destroyed_key import DestroyedKey
from admin_api.encryption.ports import Encryption
from admin_api.tenancy.domain.data_key import DataKey
from gateway_contracts.config import DESTROYED
from gateway_kit.mongo.unit_of_work import Tx


def destroy_data_key(tx: Tx, key: DataKey, *, encryption: Encryption) -> str:
    """Delete it, with every copy that waits or waited in the outbox; its key in the configuration bucket."""
    # The outbox remembers what it published for some days: a wrapped key among it would outlive its row.
    tx.forget_config(key.id)
    encryption.deks.delete(tx, key)
    encryption.destroyed.insert(tx, DestroyedKey(id=key.id, destroyed_at=tx.now))
    tx.put_config(key.id, None, version=DESTROYED, organization_id=key.record.organization_id)
    return key.id
