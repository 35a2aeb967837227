"""A connection test as a list of checks with stable codes.

Its texts are ours: they repeat nothing that a provider said, and no secret.
"""

import contextlib
from collections.abc import Awaitable, Collection, Sequence

from gateway_contracts.errors import OutcomeUnknown, Transient
from gateway_contracts.requests.provider import CheckCode, CheckName, ProviderCheck
from gateway_providers.deadline import Deadline
from gateway_providers.errors import MISSING_PERMISSION, ProviderRefused
from gateway_providers.http import Answer


class ChecksEnded(Exception):
    """A failed check makes the ones after it pointless."""


class Checklist:
    """Checks of one account, in the order in which they are made.

    Args:
        provider: its name, for messages.
        credential: the value that the provider refuses when it refuses our credentials.
        webhook_url: where the provider is to report to; empty where the gateway was not given its own address.
    """

    def __init__(self, provider: str, credential: str, *, webhook_url: str, timeout_s: float) -> None:
        self.provider = provider
        self.webhook_url = webhook_url
        self._credential = credential
        self._deadline = Deadline(timeout_s)
        self._made: list[ProviderCheck] = []

    async def made_by(self, checks: Awaitable[None]) -> tuple[ProviderCheck, ...]:
        """Run them to their end; the result of each."""
        with contextlib.suppress(ChecksEnded):
            await checks
        return tuple(self._made)

    @property
    def left_s(self) -> float:
        """Seconds for the requests that follow."""
        return self._deadline.left_s

    def passed(self, check: CheckName, message: str) -> None:
        """Note a check without a fault."""
        self._made.append(ProviderCheck(check=check, result="passed", message=message))

    def failed(self, check: CheckName, code: CheckCode, message: str, *, field: str | None = None) -> None:
        """Note a fault; ``field`` is the value of the set-up to correct."""
        self._made.append(ProviderCheck(check=check, result="failed", code=code, field=field, message=message))

    def unknown(self, check: CheckName, code: CheckCode, message: str, *, field: str | None = None) -> None:
        """Note what no request can find out."""
        self._made.append(ProviderCheck(check=check, result="unknown", code=code, field=field, message=message))

    async def ask(self, request: Awaitable[Answer]) -> Answer:
        """The answer; one of status 403 where the credentials lack a permission.

        Raises:
            ChecksEnded: no answer, or the credentials were refused; it is noted.
        """
        try:
            return await request
        except ProviderRefused as exc:
            if exc.provider_code == MISSING_PERMISSION:
                return Answer(403, {})
            text = f"{self.provider} does not accept {self._credential}: it is mistyped, revoked, or of the other mode."
            self.failed("credentials", "CREDENTIALS_REFUSED", text, field=self._credential)
        except (Transient, OutcomeUnknown):
            text = f"{self.provider} did not answer in time or asked to come back later; try again."
            self.failed("connection", "PROVIDER_UNREACHABLE", text)
        raise ChecksEnded

    def accepted(self) -> None:
        """Note that the credentials opened the account."""
        self.passed("credentials", f"{self.provider} accepts {self._credential}.")

    def expect(self, answer: Answer) -> None:
        """
        Raises:
            ChecksEnded: the answer is no success; it is noted.
        """
        if answer.status >= 400:
            text = f"{self.provider} answered {answer.status} to a request that it should understand."
            self.failed("connection", "PROVIDER_ANSWER_UNEXPECTED", text)
            raise ChecksEnded

    def mode(self, *, is_live: bool, livemode: bool) -> None:
        """Compare the mode of the credentials with the mode of the provider.

        Raises:
            ChecksEnded: they differ; it is noted.
        """
        theirs, ours = ("live" if mode else "test" for mode in (is_live, livemode))
        if is_live == livemode:
            self.passed("mode", f"{self._credential} is for {theirs} payments.")
            return
        text = f"{self._credential} is for {theirs} payments, but this provider is for {ours} ones."
        self.failed("mode", "CREDENTIALS_OF_OTHER_MODE", text, field=self._credential)
        raise ChecksEnded

    def permissions(self, missing: Sequence[str]) -> None:
        """Note which permissions the credentials lack."""
        if missing:
            text = f"{self._credential} lacks: {', '.join(missing)}."
            self.failed("permissions", "PERMISSION_MISSING", text, field=self._credential)
        else:
            self.passed("permissions", "All permissions that payments need are there.")

    def webhooks_unreadable(self) -> None:
        """Note that the registered webhooks cannot be seen."""
        text = f"{self._credential} may not read the webhooks at {self.provider}; compare the address yourself."
        self.unknown("webhook", "WEBHOOK_NOT_READABLE", text)

    def webhook(self, addresses: Collection[str]) -> bool:
        """Whether our address is among those registered; a missing one is noted."""
        if not self.webhook_url:
            text = "MAIN_BACKEND_DOMAIN is not set, so there is no public address to compare with."
            self.unknown("webhook", "WEBHOOK_NOT_READABLE", text)
            return False
        if self.webhook_url in addresses:
            return True
        text = f"No webhook is registered at {self.provider} for {self.webhook_url}."
        self.failed("webhook", "WEBHOOK_NOT_REGISTERED", text)
        return False

    def events(self, missing: Collection[str]) -> None:
        """Note whether the registered webhook gets every type of event that it should."""
        if missing:
            text = f"The webhook is registered without: {', '.join(sorted(missing))}."
            self.failed("webhook", "WEBHOOK_EVENTS_MISSING", text)
        else:
            self.passed("webhook", f"{self.provider} reports to this gateway, with all events.")

    def secret_unproven(self, field: str, message: str) -> None:
        """Note that a signing secret can only be proven by a webhook."""
        self.unknown("webhookSecret", "WEBHOOK_SECRET_UNPROVEN", message, field=field)
