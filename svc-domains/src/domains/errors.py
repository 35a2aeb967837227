"""Errors of custom domains.

DomainNameInvalid  422 DOMAIN_NAME_INVALID  not a host name that a merchant can own
DomainTaken        409 DOMAIN_TAKEN         registered already, perhaps by the same organization
DomainNotFound     404 NOT_FOUND            no such domain for this caller
DomainSuspended    409 DOMAIN_SUSPENDED     its site is deleted
TooManyChecks      429 TOO_MANY_CHECKS      too many checks of the organization are under way
ChangedMeanwhile   409 CHANGED_MEANWHILE    the domain was changed at the same moment (gateway_contracts.errors)
"""

from gateway_contracts.errors import Conflict, FieldProblem, Invalid, NotFound, RateLimited


class DomainNameInvalid(Invalid):
    """The name cannot be a merchant's checkout domain."""

    default_code = "DOMAIN_NAME_INVALID"

    def __init__(self, reason: str) -> None:
        super().__init__(f"name: {reason}", details=[FieldProblem("name", reason)])


class DomainTaken(Conflict):
    """The name is in use; nothing is said about by whom."""

    default_code = "DOMAIN_TAKEN"

    def __init__(self, name: str) -> None:
        super().__init__(f"the domain {name} is already registered", name=name)


class DomainNotFound(NotFound):
    """Does not exist, or belongs to another organization."""

    def __init__(self) -> None:
        super().__init__("there is no such domain")


class SiteNotFound(NotFound):
    """Does not exist, or belongs to another organization."""

    def __init__(self) -> None:
        super().__init__("there is no such site")


class DomainSuspended(Conflict):
    """Its site is gone; remove the domain and register it for another site."""

    default_code = "DOMAIN_SUSPENDED"

    def __init__(self) -> None:
        super().__init__("the domain is suspended because its site was deleted")


class TooManyChecks(RateLimited):
    """Name servers that do not answer hold each check for seconds; an organization waits behind its own."""

    default_code = "TOO_MANY_CHECKS"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too many domain checks are under way; try again later", retry_after_s=retry_after_s)
