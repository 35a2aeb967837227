"""A process that encrypts stored values again, to be killed: ``python -m gateway_testkit.rotation`` with a JSON order.

Also what a rotation needs around it: documents with encrypted fields, and keys before and after.
"""

import asyncio
import json
import os
import secrets
import sys
from dataclasses import dataclass, field
from typing import Any

from gateway_contracts.clock import SystemClock
from gateway_contracts.config import RotationConfig, WrappedDek
from gateway_contracts.requests.rotation import ReencryptionReport
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.client import open_client
from gateway_kit.mongo.encrypted_fields import EncryptedCollection, EncryptedField
from gateway_kit.mongo.reencrypt import Pace, Reencryptor
from gateway_testkit.keys import TEST_ORGANIZATION

PEOPLE = EncryptedCollection("people", (EncryptedField("party"), EncryptedField("note.value", name="note")))


@dataclass
class Rotation:
    """One organization's operational key in two versions, and the job between them."""

    organization_id: str = TEST_ORGANIZATION
    system_key: str = field(default_factory=lambda: secrets.token_hex(32))
    hash_key: str = field(default_factory=lambda: secrets.token_hex(32))
    job_id: str = "job1"
    deks: list[WrappedDek] = field(default_factory=list)

    def keyring(self) -> Keyring:
        """With every version that there is by now."""
        keyring = Keyring.from_secrets(self.system_key, self.hash_key)
        if not self.deks:
            self.deks.append(keyring.create("organization", self.organization_id, "operational", 1))
        for dek in self.deks:
            keyring.load(dek)
        return keyring

    def begin(self) -> RotationConfig:
        """A new version exists; stored values shall have it."""
        maker = Keyring.from_secrets(self.system_key, self.hash_key)
        self.deks.append(maker.create("organization", self.organization_id, "operational", len(self.deks) + 1))
        targets: dict[Any, int] = {"operational": len(self.deks)}
        return RotationConfig(organization_id=self.organization_id, version=1, job_id=self.job_id, targets=targets)

    def order(self, config: RotationConfig, uri: str, database: str, pace: dict[str, float]) -> str:
        """Arguments of the process, as JSON."""
        return json.dumps(
            {
                "system": self.system_key,
                "hash": self.hash_key,
                "deks": [dek.wire() for dek in self.deks],
                "rotation": config.wire(),
                "uri": uri,
                "database": database,
                "pace": pace,
            }
        )


def person(keyring: Keyring, organization_id: str, number: int, text: str) -> dict[str, Any]:
    """A document with two encrypted fields that hold the text."""
    identifier = f"{number:024x}"

    def sealed(name: str) -> dict[str, Any]:
        return keyring.encrypt(organization_id, PEOPLE.name, identifier, name, text).model_dump()

    return {
        "_id": identifier,
        "organization_id": organization_id,
        "livemode": number % 2 == 0,
        "party": sealed("party"),
        "note": {"value": sealed("note"), "digest": "d"},
        "visits": 0,
    }


async def _work(order: dict[str, Any]) -> None:
    keyring = Keyring.from_secrets(order["system"], order["hash"])
    for dek in order["deks"]:
        keyring.load(WrappedDek.model_validate(dek))
    client = open_client(order["uri"])
    db = client[order["database"]]

    async def report(said: ReencryptionReport) -> bool:
        await db["reports"].insert_one({**said.model_dump(), "pid": os.getpid()})
        return True

    worker = Reencryptor(
        db=db,
        service="svc-test",
        collections=(PEOPLE,),
        keyring=keyring,
        clock=SystemClock(),
        rotations=lambda: [RotationConfig.model_validate(order["rotation"])],
        report=report,
        pace=Pace(**order["pace"]),
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(_work(json.loads(sys.stdin.read())))
