"""A form: the operation of the API that it calls, with its fields.

Whether the change is allowed is decided by the API alone.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from admin_api.console.api import Answer, Verb
from admin_api.console.forms.fields import Field, Options, Row, body_of
from admin_api.console.visitor import MODES, Visitor

INPUTS_MAX: Final = 200
"""Inputs of one form: each scope of an API key is a box of its own."""
_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_OPTIONS_MAX: Final = 100


@dataclass(frozen=True)
class Once:
    """A field of the answer that is shown once and never again.

    Attributes:
        link: of a secret that is handed on as a link of the console: the path before it.
    """

    name: str
    title: str
    link: str = ""


@dataclass(frozen=True)
class Form:
    """One form of a page.

    Attributes:
        slug: last part of the form's address.
        title: of the form and of its button.
        path: of the API's operation; ``{organization_id}`` is the selected organization, any other parameter the
            object's id.
        warning: what the person confirms or should know.
        verb: PUT and PATCH begin with the present values of the object; PATCH clears what is left empty.
        is_final: it cannot be undone.
        copied: fields of the object that the API wants beside those of the form.
        fixed: values that it sends always.
        when: whether it makes sense for the object as it is now; None: always.
        once: secrets of the answer.
        shape: makes the body from what was filled in and the object, where it is no list of the fields.
        begins_filled: it begins with the present values of the object, as PUT and PATCH do.
    """

    slug: str
    title: str
    path: str
    warning: str = ""
    fields: tuple[Field, ...] = ()
    verb: Verb = "POST"
    is_final: bool = False
    copied: tuple[str, ...] = ()
    fixed: tuple[tuple[str, Any], ...] = ()
    when: Callable[[Row], bool] | None = None
    once: tuple[Once, ...] = ()
    shape: Callable[[dict[str, Any], Row], dict[str, Any]] | None = None
    begins_filled: bool = False

    @property
    def is_edit(self) -> bool:
        """Whether it changes values that are there."""
        return self.begins_filled or self.verb in {"PUT", "PATCH"}

    def fits(self, row: Row) -> bool:
        """Whether it makes sense for the object as it is now."""
        return self.when is None or self.when(row)


F = TypeVar("F", bound=Form)


def offered(forms: Iterable[F], row: Row, visitor: Visitor) -> list[F]:
    """The forms that make sense for the object and that the visitor may send."""
    return [form for form in forms if form.fits(row) and visitor.may(form.verb, form.path)]


async def carry_out(
    form: Form, object_id: str, row: Row, filled: Mapping[str, str], visitor: Visitor, *, within: str | None = None
) -> Answer:
    """Send a form to the API.

    Args:
        row: the object; empty for a new one.
        filled: the inputs, with ``key``, by which a form that is sent twice is carried out once.
        within: the id of the object's owner, where the operation's path names it.

    Raises:
        Unfit: a field that cannot be read.
    """
    copied = {name: row[name] for name in form.copied} | dict(form.fixed)
    body = copied | body_of(form.fields, filled, row, clears=form.verb == "PATCH")
    if form.shape is not None:
        body = form.shape(body, row)
    path = path_of(form.path, visitor, *(() if within is None else (within,)), object_id)
    sent = None if form.verb == "DELETE" and not body else body
    return await visitor.api.ask(form.verb, path, body=sent, key=filled.get("key") or None)


def path_of(path: str, visitor: Visitor, *ids: str) -> str:
    """The path of the API for the selected organization and one object, whose owner's id stands before its own."""
    left = iter(ids)
    return _PARAMETER.sub(
        lambda found: str(visitor.organization_id) if found[1] == "organization_id" else next(left), path
    )


def is_of_installation(path: str) -> bool:
    """Whether an operation needs no selected organization."""
    return path.startswith(("/system/", "/operations/", "/traces")) or path == "/organizations"


async def with_choices(forms: Iterable[F], visitor: Visitor) -> list[F]:
    """The forms with the choices that lists of the API have."""
    return list(await asyncio.gather(*(_with_choices(form, visitor) for form in forms)))


async def _with_choices(form: F, visitor: Visitor) -> F:
    fields = await asyncio.gather(*(_with_options(item, item.options, visitor) for item in form.fields))
    return replace(form, fields=tuple(fields))


async def _with_options(item: Field, options: Options | None, visitor: Visitor) -> Field:
    if options is None:
        return item
    path, modes = path_of(options.path, visitor), MODES if options.both_modes else (visitor.mode,)
    apis = [replace(visitor.api, mode=mode) for mode in modes]
    lists = await asyncio.gather(*(api.read(path, limit=_OPTIONS_MAX) for api in apis))
    rows = [
        (row, f" ({mode})" if options.both_modes else "")
        for mode, data in zip(modes, lists, strict=True)
        for row in data[options.rows]
    ]
    words = {row["id"]: f"{row[options.label]}{mark}" for row, mark in rows}
    return replace(item, choices=tuple(words), words=words)
