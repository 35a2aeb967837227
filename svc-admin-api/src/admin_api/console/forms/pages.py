"""Pages of single objects and settings, declared: what they show, and their forms."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from admin_api.console.forms.fields import Row
from admin_api.console.forms.form import Form
from admin_api.console.listing import Column, Section
from admin_api.console.visitor import Visitor


@dataclass(frozen=True)
class ObjectPage:
    """The page of one object, at ``/<slug>/<id>``, or of one setting, at ``/settings/<slug>``.

    Attributes:
        slug: of the list that the object is a row of, or of the setting.
        path: of the API, which answers the object; ``{organization_id}`` is the selected organization, any other
            parameter the object's id. Empty: objects have no page, but new ones are created.
        name: the field that names the object.
        facts: fields that are shown.
        forms: changes of the object.
        creates: the form of a new one, at ``/<slug>/new``.
        template: file name.
        load: what the template shows besides, by the object.
        has_frames: whether the template shows pages or files in frames.
        more: further objects of the API that the template shows, by name with their paths.
        section: of the settings.
    """

    slug: str
    title: str
    path: str = ""
    facts: tuple[Column, ...] = ()
    forms: tuple[Form, ...] = ()
    name: str | None = None
    creates: Form | None = None
    template: str = "object.html"
    has_frames: bool = False
    load: Callable[[Row, Visitor], Awaitable[dict[str, Any]]] | None = None
    more: tuple[tuple[str, str], ...] = ()
    section: Section = "organization"
