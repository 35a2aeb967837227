"""Shapes of requests and answers about data keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from admin_api.encryption.domain.kms_settings import KmsSettings
from admin_api.encryption.domain.rotation import RotationJob
from admin_api.encryption.use_cases.configure_kms import KmsRequest
from admin_api.shared.web.schemas.base import View
from admin_api.tenancy.domain.data_key import DataKey
from gateway_contracts.bodies import Body
from gateway_contracts.body_shapes import WRITE_ONLY
from gateway_contracts.encrypted import Purpose
from gateway_kit.crypto.kms import LOCAL

_Name = Annotated[str, StringConstraints(max_length=40)]
_Value = Annotated[str, StringConstraints(max_length=4_096)]


class DekView(View):
    """One data key."""

    purpose: Purpose = Field(description="`operational`, `records` (invoices and their parties), or `system`.")
    version: int = Field(description="Version of the key: higher after each full rotation.")
    active: bool = Field(description="Whether new values are encrypted with it (the highest active one).")
    kms: str = Field(description="Key-management service that wraps it.")
    usable: bool = Field(description="Whether the answering process can use the key now.")
    created_at: datetime = Field(description="Time of creation, in UTC.")
    retired_at: datetime | None = Field(
        description="Time since when no new values are encrypted with the key; null before."
    )


class ProgressView(View):
    """Progress of one service."""

    service: str = Field(description="Name of the service.")
    state: Literal["waiting", "running", "done"] = Field(description="State of the service; `waiting`: no report yet.")
    scanned: int = Field(description="Number of documents checked in the present pass.")
    total: int = Field(description="Number of the tenant's documents at the start.")
    changed: int = Field(description="Number of re-encrypted documents.")
    failed: int = Field(description="Number of documents with a value that cannot be decrypted.")
    passes: int = Field(description="Number of the present pass; the last one finds no document to change.")
    documents_per_second: float = Field(description="Documents encrypted again per second of work.")


class EncryptionJobView(View):
    """A job of rotation."""

    id: str = Field(description="24 hex digits.")
    mode: Literal["rewrap", "full", "retire"] = Field(
        description="Kind of the job: `rewrap`, `full`, or `retire`, which deletes keys that no value needs any more."
    )
    state: Literal["running", "done", "failed", "canceled"] = Field(
        description="State of the job. A `running` job continues after a restart."
    )
    keys: int = Field(description="Number of data keys at the start of the job.")
    rewrapped: int = Field(description="rewrap: number of keys that are done.")
    services: list[ProgressView] = Field(description="full, retire: progress of each service.")
    problem: str | None = Field(description="Reason for waiting or for the failure; null without one.")
    created_at: datetime = Field(description="Start of the job, in UTC.")
    finished_at: datetime | None = Field(description="End of the job; null while it runs.")


class EncryptionView(View):
    """Key-management service and data keys of a tenant."""

    kms: str = Field(description="Kind of the service in use; `local`: the gateway's own key.")
    key_id: str | None = Field(description="Id of the wrapping key in the service.")
    endpoint: str | None = Field(description="Base URL of the service.")
    settings: dict[str, str] = Field(description="Settings without secrets.")
    has_credentials: bool = Field(description="Whether credentials are stored. They are encrypted and never shown.")
    keys: list[DekView] = Field(description="All data keys, including old ones.")
    job: EncryptionJobView | None = Field(description="The latest job.")

    @classmethod
    def of(
        cls, settings: KmsSettings, deks: Sequence[DataKey], usable: frozenset[str], job: RotationJob | None
    ) -> "EncryptionView":
        """From the domain; ``usable`` are versions as ``purpose.version``."""
        config = settings.config
        return cls(
            kms=config.kms if config else LOCAL,
            key_id=config.key_id if config else None,
            endpoint=config.endpoint if config else None,
            settings=dict(config.settings) if config else {},
            has_credentials=config is not None,
            keys=[
                DekView(
                    **vars(dek.record),
                    usable=f"{dek.record.purpose}.{dek.record.version}" in usable,
                    created_at=dek.created_at,
                    retired_at=dek.retired_at,
                )
                for dek in deks
            ],
            job=None if job is None else EncryptionJobView.model_validate(job),
        )


class KmsIn(Body):
    """The key-management service that wraps data keys."""

    SHOWN_BY = EncryptionView

    kms: str = Field(
        max_length=20, description="`local`, or the kind of your own service: `aws`, `vault`.", examples=["aws"]
    )
    key_id: str = Field(
        default="",
        max_length=2048,
        description="Wrapping key in the service: an id or ARN (aws), a key's name (vault). Not for `local`.",
        examples=["arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
    endpoint: str | None = Field(
        default=None,
        max_length=2048,
        description="Base URL of the service, https; required for `vault`, the region's own for `aws` if left out.",
        examples=["https://vault.example.com"],
    )
    settings: dict[_Name, _Value] = Field(
        default_factory=dict,
        max_length=10,
        description="aws: `region`. vault: `mount` (default `transit`), `namespace`.",
        examples=[{"region": "eu-central-1"}],
    )
    credentials: Annotated[dict[_Name, _Value] | None, WRITE_ONLY] = Field(
        default=None,
        max_length=10,
        repr=False,
        description="aws: `accessKeyId`, `secretAccessKey`, `sessionToken`. vault: `token`. Never shown again. "
        "Those of before stay only at the same service: the same `kms` and `endpoint`.",
        examples=[
            {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
        ],
    )

    def request(self) -> KmsRequest:
        """For the use case."""
        return KmsRequest(self.kms, self.key_id, self.endpoint, dict(self.settings), self._credentials())

    def _credentials(self) -> dict[str, str] | None:
        """None for those that are stored."""
        return dict(self.credentials or {}) if "credentials" in self.model_fields_set else None


class RotateIn(Body):
    """How data keys are rotated."""

    mode: Literal["rewrap", "full"] = Field(
        description="`rewrap`: the same keys, wrapped again. `full`: new keys, all stored values encrypted again."
    )
    purposes: list[Purpose] | None = Field(
        default=None,
        min_length=1,
        max_length=2,
        description="full: which keys; all if left out. An organization has `operational` and `records`.",
    )


class ShredIn(Body):
    """A confirmation that prevents an accidental request."""

    confirm: str = Field(
        max_length=24,
        description="Id of the organization, repeated as a confirmation.",
        examples=["65f0c0ffee65f0c0ffee65f0"],
    )
    reason: str = Field(min_length=3, max_length=500, description="Reason, without personal data.")
    include_records: bool = Field(
        default=False,
        description="Break-glass: destroy the key of invoices and credit notes, too. Only after their retention.",
    )


class EncryptionJobListView(View):
    """The latest jobs, newest first."""

    jobs: list[EncryptionJobView] = Field(description="Newest first, at most 50.")


class ShreddedView(View):
    """The destroyed keys."""

    organization_id: str = Field(description="24 hex digits.")
    destroyed: list[str] = Field(description="Names of the destroyed keys; empty if there were none left.")
