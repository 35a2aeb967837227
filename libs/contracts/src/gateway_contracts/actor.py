"""The caller of a request: travels with every request, enforced by the owner of the data."""

from datetime import datetime
from typing import Literal

from gateway_contracts.base import Contract
from gateway_contracts.errors import Forbidden

ActorKind = Literal["api_key", "system_key", "customer", "operator", "service", "anonymous"]
Role = Literal["viewer", "support", "admin", "global"]
"""Of a person or key within an organization; ``global`` runs the installation."""


class Actor(Contract):
    """The caller of a request.

    ``scopes`` are ``resource:action`` with ``*`` for either part, already limited to what ``role`` allows. ``livemode``
    separates test and live data. ``until``: the credential is refused from then on; None means never.
    """

    kind: ActorKind
    organization_id: str = ""
    subject_id: str = ""
    site_id: str | None = None
    scopes: tuple[str, ...] = ()
    livemode: bool = False
    role: Role | None = None
    until: datetime | None = None

    def allows(self, scope: str) -> bool:
        """Whether one of the actor's scopes covers the named one."""
        resource, _, action = scope.partition(":")
        return any(granted in self.scopes for granted in (scope, f"{resource}:*", f"*:{action}", "*:*", "*"))

    def require(self, scope: str) -> None:
        """
        Raises:
            Forbidden: no scope of the actor covers the named one.
        """
        if not self.allows(scope):
            raise Forbidden(f"this credential lacks the scope {scope}", code="MISSING_SCOPE", requiredScope=scope)


ANONYMOUS = Actor(kind="anonymous")
