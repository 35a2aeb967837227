"""Requirements of operations on their callers, as their routes declare them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.routing import APIRoute

from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.roles import RANKS, role_allows
from gateway_contracts.actor import Role


@dataclass(frozen=True)
class Need:
    """A scope, at least a role, and for test keys the effect of a change."""

    scope: str
    role: Role
    effect: Effect | None

    def is_met_by(self, role: Role | None) -> bool:
        """Whether a person with the role may do it."""
        return role is not None and RANKS[role] >= RANKS[self.role] and role_allows(role, self.scope)


Needs = Mapping[tuple[str, str], Need]
"""By path and method, the latter in small letters."""


def needs_of(routers: Iterable[APIRouter], prefix: str) -> Needs:
    """The needs of all routes that have any."""
    found: dict[tuple[str, str], Need] = {}
    for router in routers:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                continue
            for dependency in route.dependant.dependencies:
                call = dependency.call
                scope = getattr(call, "scope", None)
                if scope is not None:
                    need = Need(scope, getattr(call, "role", "viewer"), getattr(call, "effect", None))
                    found |= {(prefix + route.path, method.lower()): need for method in route.methods or ()}
    return found
