"""Wise's dialect: a bearer token, JSON, and 403 for what an account was not given access to."""

from typing import ClassVar, Final

from gateway_providers.http import ProviderHttp, required_secret
from gateway_providers.ports import ProviderAccount
from gateway_providers.redaction import Shown

LIVE_URL: Final = "https://api.wise.com"
SANDBOX_URL: Final = "https://api.wise-sandbox.com"


class WiseHttp(ProviderHttp):
    """Requests to Wise. They read, and subscribe our address to an event."""

    name: ClassVar[str] = "Wise"
    # 403 says that Wise did not open this interface for the account, which is an answer and not about the token.
    credential_statuses: ClassVar[frozenset[int]] = frozenset({401})
    shown: ClassVar[Shown] = Shown.of(
        values="id type status state currency amount value created createdAt",
    )

    async def authorize(self, account: ProviderAccount, *, timeout_s: float) -> dict[str, str]:
        """See the base class."""
        return {"Authorization": f"Bearer {required_secret(account, 'apiToken')}", "Accept": "application/json"}
