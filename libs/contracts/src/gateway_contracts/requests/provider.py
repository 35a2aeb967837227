"""A provider account: what its credentials open, whether its webhooks reach us, and their registration."""

from typing import Literal

from pydantic import Field

from gateway_contracts.base import Contract
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.rpc import Method

CheckName = Literal["setup", "connection", "credentials", "mode", "account", "permissions", "webhook", "webhookSecret"]
CheckResult = Literal["passed", "failed", "unknown"]
CheckCode = Literal[
    "VALUE_MISSING",
    "PROVIDER_UNREACHABLE",
    "PROVIDER_ANSWER_UNEXPECTED",
    "CREDENTIALS_REFUSED",
    "CREDENTIALS_OF_OTHER_MODE",
    "ACCOUNT_UNKNOWN",
    "ACCOUNT_BLOCKED",
    "PERMISSION_MISSING",
    "WEBHOOK_NOT_REGISTERED",
    "WEBHOOK_DISABLED",
    "WEBHOOK_ADDRESS_DIFFERS",
    "WEBHOOK_EVENTS_MISSING",
    "WEBHOOK_EVENTS_TWICE",
    "WEBHOOK_VERSION_DIFFERS",
    "WEBHOOK_NOT_READABLE",
    "WEBHOOK_SECRET_WRONG",
    "WEBHOOK_SECRET_UNPROVEN",
]
"""Stable: a client may act on them. The message beside one is for people."""


class ProviderCheck(Contract):
    """The result of one check. Texts are ours: they never repeat a credential or an answer of the provider."""

    check: CheckName = Field(description="Name of the check.")
    result: CheckResult = Field(description="Result of the check; `unknown`: no request can find it out, see code.")
    code: CheckCode | None = Field(None, description="Reason why the check did not pass; null if it passed.")
    field: str | None = Field(None, description="Field of the provider that must be corrected; null without one.")
    message: str = Field(description="Explanation for people.")


class ProviderAtVersion(Contract):
    """``version``: the record as the caller knows it; an older one is not used."""

    provider_id: str
    version: int


class CheckProvider(ProviderAtVersion):
    pass


class ProviderChecks(Contract):
    """In the order in which they were made; what follows from a failed one is left out."""

    checks: tuple[ProviderCheck, ...]


class RegisterWebhook(ProviderAtVersion):
    pass


class WebhookRegistered(Contract):
    """The webhook at the provider.

    Attributes:
        secret: what verifies its webhooks, to be stored as it is under the type's ``signing_secret``; None where the
            account has it, or needs none.
    """

    is_new: bool
    secret: EncryptedValue | None = None


CHECK_PROVIDER = Method("rpc.transaction.check_provider", CheckProvider, ProviderChecks, timeout_s=20)
REGISTER_WEBHOOK = Method("rpc.transaction.register_webhook", RegisterWebhook, WebhookRegistered, timeout_s=20)
