"""Which key-management service wraps which data key: the local one, and those that tenants brought."""

import base64
import os
import secrets
from typing import Final

from gateway_contracts.config import KmsConfig, WrappedDek
from gateway_contracts.encrypted import Purpose
from gateway_kit.crypto.errors import DecryptionFailed, KmsRefused, KmsUnreachable
from gateway_kit.crypto.kms import KEY_BYTES, LOCAL, DekPlace, LocalKms, RemoteKms, Scope
from gateway_kit.crypto.kms_access import CredentialBox, HttpPost, KmsAccess
from gateway_kit.crypto.kms_registry import KMS_KINDS
from gateway_kit.fairness import FairSlots, Shares
from gateway_kit.http.outbound import OutboundClient, TenantPost

PROBE_PURPOSE: Final[Purpose] = "operational"
CALLS_MAX: Final = 32
"""Calls of all organizations at the same time; a quarter of them is kept for those that have none."""
CALLS_PER_TENANT_MAX: Final = 4
# An organization's own calls wait for each other so long, and no more of them than this.
_PLACE_WAIT_S: Final = 2.0
_WAITING_PER_TENANT: Final = 8
_WAITING: Final = 256


class KmsDirectory:
    """Knows the settings of every tenant and opens connectors when they are needed.

    ``merchants`` is the way out for endpoints that organizations chose, ``operator`` for that of the system.
    """

    def __init__(self, system_encryption_key: str, *, merchants: OutboundClient, operator: HttpPost) -> None:
        """
        Raises:
            WeakSystemKey: the key is missing, malformed or guessable.
        """
        self._local = LocalKms(system_encryption_key)
        self.credentials = CredentialBox(system_encryption_key)
        self._merchants = merchants
        shares = Shares(CALLS_MAX, per_lane=CALLS_PER_TENANT_MAX, reserve=CALLS_MAX // 4)
        self._slots = FairSlots(shares, waiting_per_lane=_WAITING_PER_TENANT, waiting_total=_WAITING)
        self._operator = operator
        self._configs: dict[tuple[str, int], KmsConfig] = {}
        self._open: dict[tuple[str, int], RemoteKms] = {}

    def put(self, config: KmsConfig) -> None:
        """Settings became known."""
        place = (config.organization_id, config.generation)
        if self._configs.get(place) != config:
            self._configs[place] = config
            self._open.pop(place, None)

    def remove(self, organization_id: str, generation: int) -> None:
        """Settings are gone."""
        self._configs.pop((organization_id, generation), None)
        self._open.pop((organization_id, generation), None)

    def connect(self, kind: str, access: KmsAccess, organization_id: str) -> RemoteKms:
        """A connector that is not kept."""
        http: HttpPost = self._operator
        if organization_id:
            http = TenantPost(self._merchants, self._slots, organization_id, waits_s=_PLACE_WAIT_S)
        return KMS_KINDS[kind].open(access, http)

    async def probe(self, kms: RemoteKms, organization_id: str) -> None:
        """Wrap and unwrap something, bound to a place; and see that another place is refused.

        Raises:
            KmsRefused, KmsUnreachable: it cannot be used.
        """
        scope: Scope = "organization" if organization_id else "system"
        dek, place = os.urandom(KEY_BYTES), DekPlace(scope, organization_id, PROBE_PURPOSE, 0)
        wrapped = await kms.wrap(dek, place)
        if not secrets.compare_digest(await kms.unwrap(wrapped, place), dek):
            raise KmsRefused("the key-management service gives back something else", reason="round trip")
        try:
            await kms.unwrap(wrapped, DekPlace(scope, organization_id, PROBE_PURPOSE, 1))
        except KmsRefused:
            return
        raise KmsRefused("the key-management service does not bind keys to their place", reason="no binding")

    async def new_dek(self, place: DekPlace, generation: int) -> WrappedDek:
        """A new random data key, wrapped under that generation of the tenant's settings (0: locally).

        Raises:
            KmsRefused, KmsUnreachable: it cannot be wrapped there.
        """
        return await self._wrap(os.urandom(KEY_BYTES), place, generation)

    async def rewrap(self, record: WrappedDek, generation: int) -> WrappedDek:
        """The same data key under another wrapping.

        Raises:
            KmsRefused, KmsUnreachable: of the old or of the new service.
            DecryptionFailed: the old wrapping is damaged.
        """
        moved = await self._wrap(await self.unwrap(record), _place(record), generation)
        return moved.model_copy(update={"active": record.active})

    async def unwrap(self, record: WrappedDek) -> bytes:
        """The data key itself.

        Raises:
            KmsRefused, KmsUnreachable: its service does not give it.
            DecryptionFailed: damaged, or of another system.
        """
        wrapped = base64.b64decode(record.wrapped)
        if record.kms == LOCAL:
            return self._local.unwrap(wrapped, _place(record))
        dek = await self._service(record.organization_id, record.kms_generation).unwrap(wrapped, _place(record))
        if len(dek) != KEY_BYTES:
            raise DecryptionFailed("the key-management service gives back something that is no data key")
        return dek

    async def _wrap(self, dek: bytes, place: DekPlace, generation: int) -> WrappedDek:
        if generation:
            kind = self._config(place.organization_id, generation).kms
            wrapped = await self._service(place.organization_id, generation).wrap(dek, place)
        else:
            kind, wrapped = LOCAL, self._local.wrap(dek, place)
        return WrappedDek(
            scope=place.scope,
            organization_id=place.organization_id,
            purpose=place.purpose,
            version=place.version,
            kms=kind,
            kms_generation=generation,
            wrapped=base64.b64encode(wrapped).decode(),
        )

    def _service(self, organization_id: str, generation: int) -> RemoteKms:
        place = (organization_id, generation)
        service = self._open.get(place)
        if service is None:
            config = self._config(organization_id, generation)
            service = self._open[place] = self.connect(config.kms, self.credentials.open(config), organization_id)
        return service

    def _config(self, organization_id: str, generation: int) -> KmsConfig:
        config = self._configs.get((organization_id, generation))
        if config is None or config.kms not in KMS_KINDS:
            raise KmsUnreachable("the key-management service of this data key is not known here", reason="no settings")
        return config


def _place(record: WrappedDek) -> DekPlace:
    return DekPlace(record.scope, record.organization_id, record.purpose, record.version)
