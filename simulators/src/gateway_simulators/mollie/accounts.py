"""API keys and the accounts that they open: any key of valid form makes its account."""

import hashlib
import re
from dataclasses import dataclass

from gateway_simulators.mollie.errors import ApiError

_KEY = re.compile(r"(test|live)_([A-Za-z0-9_]{8,200})")


@dataclass(frozen=True)
class Caller:
    """The caller: a profile, in one mode."""

    account: str
    livemode: bool

    @property
    def mode(self) -> str:
        """Mollie's word."""
        return "live" if self.livemode else "test"


def caller_of(key: str) -> Caller:
    """
    Raises:
        ApiError: the text is no API key.
    """
    match = _KEY.fullmatch(key)
    if match is None:
        raise ApiError(401, "Missing authentication, or failed to authenticate")
    mode, name = match.groups()
    digest = hashlib.sha256(f"{mode}:{name}".encode()).hexdigest()
    return Caller(account=f"pfl_{digest[:10]}", livemode=mode == "live")
