"""Admission to pages and forms: a route names the operations of the API that it is for.

The same declaration hides links and buttons. The API checks each operation again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic

from fastapi import Request

from admin_api.console.forms.form import F, is_of_installation
from admin_api.console.visitor import Visitor, visitor_of
from gateway_contracts.errors import Forbidden, NotFound


class ChoiceNeeded(Exception):
    """An organization must be selected first."""


def is_admitted(visitor: Visitor, verb: str, path: str) -> bool:
    """Whether an operation leads this visitor somewhere: it is allowed, and its organization is selected."""
    return not _lacks_organization(visitor, path) and visitor.may(verb, path)


def admit(visitor: Visitor, verb: str, path: str) -> None:
    """
    Raises:
        ChoiceNeeded: the operation is about an organization and none is selected.
        Forbidden: the visitor's role does not allow it.
    """
    if _lacks_organization(visitor, path):
        raise ChoiceNeeded
    if not visitor.may(verb, path):
        raise Forbidden("your role may not do this", code="MISSING_ROLE")


def _lacks_organization(visitor: Visitor, path: str) -> bool:
    return visitor.organization_id is None and not is_of_installation(path)


class Admitted:
    """A dependency: the visitor, whose role allows these operations.

    Attributes:
        operations: verbs and paths as the API declares them, below ``/api/v1``.
    """

    def __init__(self, *operations: tuple[str, str]) -> None:
        self.operations = operations

    async def __call__(self, request: Request) -> Visitor:
        """
        Raises:
            ChoiceNeeded: no organization is selected.
            Forbidden: the visitor's role does not allow one of them.
        """
        visitor = await visitor_of(request)
        for verb, path in self.operations:
            admit(visitor, verb, path)
        return visitor


@dataclass(frozen=True, eq=False)
class FormIn(Generic[F]):
    """A dependency: the form that the last part of the path names, which the visitor's role allows.

    Attributes:
        forms: those of the route.
        is_own: they change the person's own account, whatever the role.
    """

    forms: tuple[F, ...]
    is_own: bool = False

    async def __call__(self, form_slug: str, request: Request) -> F:
        """
        Raises:
            NotFound: there is no such form.
            ChoiceNeeded: no organization is selected.
            Forbidden: the visitor's role does not allow it.
        """
        form = form_named(self.forms, form_slug)
        visitor = await visitor_of(request)
        if not self.is_own:
            admit(visitor, form.verb, form.path)
        return form


def form_named(forms: Iterable[F], slug: str) -> F:
    """
    Raises:
        NotFound: there is no such form.
    """
    form = next((form for form in forms if form.slug == slug), None)
    if form is None:
        raise NotFound("there is no such form")
    return form
