"""Shapes of requests and answers about data keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from admin_api.encryption.domain.kms_settings import KmsSettings
from admin_api.encryption.domain.rotation import RotationJob, ServiceProgress
from admin_api.encryption.use_cases.configure_kms import KmsWish
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
    version: int = Field(description="Grows with each full rotation.")
    active: bool = Field(description="Whether new values are encrypted with it (the highest active one).")
    kms: str = Field(description="Key-management service that wraps it.")
    usable: bool = Field(description="Whether it is unwrapped in the process that answers.")
    created_at: datetime = Field(description="When it was made.")
    retired_at: datetime | None = Field(description="Since when nothing is encrypted with it.")


class ProgressView(View):
    """Progress of one service."""

    service: str = Field(description="Name of the service.")
    state: Literal["waiting", "running", "done"] = Field(description="`waiting`: it has not said anything yet.")
    scanned: int = Field(description="Documents looked at in the present pass.")
    total: int = Field(description="Documents of the tenant at the beginning.")
    changed: int = Field(description="Documents encrypted again.")
    failed: int = Field(description="Documents with a value that does not decrypt.")
    passes: int = Field(description="Which pass it is; the last one finds nothing.")
    documents_per_second: float = Field(description="Documents encrypted again per second of work.")

    @classmethod
    def of(cls, progress: ServiceProgress) -> "ProgressView":
        """From the domain."""
        names = ("service", "state", "scanned", "total", "changed", "failed", "passes")
        fields = {name: getattr(progress, name) for name in names}
        return cls(**fields, documents_per_second=progress.documents_per_s)


class EncryptionJobView(View):
    """A job of rotation."""

    id: str = Field(description="24 hex digits.")
    mode: Literal["rewrap", "full", "retire"] = Field(description="`retire` deletes keys that nothing needs any more.")
    state: Literal["running", "done", "failed", "canceled"] = Field(description="`running` survives restarts.")
    keys: int = Field(description="Data keys that the tenant had when it began.")
    rewrapped: int = Field(description="rewrap: how many are done.")
    services: list[ProgressView] = Field(description="full, retire: progress of each service.")
    problem: str | None = Field(description="Reason for waiting, or for the failure.")
    created_at: datetime = Field(description="When it began.")
    finished_at: datetime | None = Field(description="When it ended.")

    @classmethod
    def of(cls, job: RotationJob) -> "EncryptionJobView":
        """From the domain."""
        return cls(
            id=job.id,
            mode=job.mode,
            state=job.state,
            keys=job.keys,
            rewrapped=job.rewrapped,
            services=[ProgressView.of(progress) for progress in job.services],
            problem=job.problem,
            created_at=job.created_at,
            finished_at=job.finished_at,
        )


class EncryptionView(View):
    """Where a tenant's data keys are wrapped, and which there are."""

    kms: str = Field(description="`local`, or the kind of the service in use.")
    key_id: str | None = Field(description="The key there.")
    endpoint: str | None = Field(description="Its base URL.")
    settings: dict[str, str] = Field(description="Settings without secrets.")
    has_credentials: bool = Field(description="Credentials are kept encrypted and never shown.")
    keys: list[DekView] = Field(description="All data keys, old ones too.")
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
                    purpose=dek.record.purpose,
                    version=dek.record.version,
                    active=dek.record.active,
                    kms=dek.record.kms,
                    usable=f"{dek.record.purpose}.{dek.record.version}" in usable,
                    created_at=dek.created_at,
                    retired_at=dek.retired_at,
                )
                for dek in deks
            ],
            job=None if job is None else EncryptionJobView.of(job),
        )


class KmsIn(Body):
    """Where data keys are wrapped from now on."""

    SHOWN_BY = EncryptionView

    kms: str = Field(
        max_length=20, description="`local`, or the kind of your own service: `aws`, `vault`.", examples=["aws"]
    )
    key_id: str = Field(
        default="",
        max_length=2048,
        description="The key there: an id or ARN (aws), a key's name (vault). Not for `local`.",
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

    def wish(self) -> KmsWish:
        """For the use case."""
        return KmsWish(self.kms, self.key_id, self.endpoint, dict(self.settings), self._credentials())

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
    """A confirmation that cannot be sent by mistake."""

    confirm: str = Field(
        max_length=24, description="The organization's id again.", examples=["65f0c0ffee65f0c0ffee65f0"]
    )
    reason: str = Field(min_length=3, max_length=500, description="Why; free of personal data.")
    include_records: bool = Field(
        default=False,
        description="Break-glass: destroy the key of invoices and credit notes, too. Only after their retention.",
    )


class EncryptionJobListView(View):
    """The latest jobs."""

    jobs: list[EncryptionJobView] = Field(description="Newest first, at most 50.")


class ShreddedView(View):
    """The destroyed keys."""

    organization_id: str = Field(description="24 hex digits.")
    destroyed: list[str] = Field(description="Names of the destroyed keys; empty if there were none left.")
