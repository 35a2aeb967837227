"""API keys and the accounts that they open: any key of valid form makes its account."""

import hashlib
import re
from dataclasses import dataclass

from gateway_simulators.stripe.errors import ApiError

_KEY = re.compile(r"(sk|rk|pk)_(test|live)_([A-Za-z0-9_]{4,200})")


@dataclass(frozen=True)
class Caller:
    """The calling account. Keys with the same text behind ``sk_test_`` and ``pk_test_`` belong to the same account."""

    account: str
    livemode: bool
    publishable: bool

    def require_secret(self) -> None:
        """
        Raises:
            ApiError: the call came with a publishable key.
        """
        if self.publishable:
            raise ApiError(403, "This call needs a secret API key, not a publishable one.", code="secret_key_required")


def caller_of(key: str) -> Caller:
    """
    Raises:
        ApiError: the text is no API key.
    """
    match = _KEY.fullmatch(key)
    if match is None:
        raise ApiError(401, f"Invalid API Key provided: {key[:8]}{'*' * 12}{key[-4:] if len(key) > 16 else ''}")
    kind, mode, name = match.groups()
    digest = hashlib.sha256(f"{mode}:{name}".encode()).hexdigest()
    return Caller(account=f"acct_1{digest[:15]}", livemode=mode == "live", publishable=kind == "pk")
