"""Parts that declare a list of the console."""

from dataclasses import dataclass
from typing import Final, Literal

from admin_api.console.actions import Action
from admin_api.console.forms.form import Form
from admin_api.console.translations import N_

Section = Literal["work", "shop", "organization", "installation"]
Kind = Literal[
    "text",
    "code",
    "money",
    "moment",
    "day",
    "state",
    "plain",
    "list",
    "lacking",
    "keys",
    "notified",
    "attempts",
    "certificate",
    "problem",
    "site",
    "masked",
    "refusal",
]


@dataclass(frozen=True)
class Column:
    """One column. ``name`` is the field of the row.

    ``plain`` fields are decrypted values ``{"plaintext"}``, ``masked`` ones addresses of which little is shown, and
    ``lacking`` ones the reasons of a draft.
    """

    name: str
    title: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Filter:
    """One query parameter of the list; ``choices`` make it a menu, and ``search`` stands above all others."""

    name: str
    title: str
    choices: tuple[str, ...] = ()
    kind: Literal["text", "date", "search"] = "text"
    hint: str = ""


@dataclass(frozen=True)
class Listing:
    """One list.

    Attributes:
        slug: the page's path.
        path: of the API; ``{organization_id}`` stands for the selected one.
        rows: the field of the answer that holds the rows.
        detail: path of a row's own page; ``{id}`` stands for its id.
        documents: path of the API that answers a row's document.
        payment: the field that names the row's payment, which is linked.
        actions: changes of a row.
        creates: the operation behind ``/<slug>/new``, where that is no form of ``forms.registry``.
        empty: the text of a list without rows.
        section: where the list is offered: in the bar (``work``), or in a section of the settings.
        beside: address and title of a page that belongs to the list.
    """

    slug: str
    title: str
    path: str
    rows: str
    columns: tuple[Column, ...]
    empty: str
    filters: tuple[Filter, ...] = ()
    detail: str | None = None
    documents: str | None = None
    payment: str | None = None
    actions: tuple[Action, ...] = ()
    creates: Form | None = None
    section: Section = "work"
    beside: tuple[str, str] | None = None


PERIOD: Final = (Filter("from", N_("From"), kind="date"), Filter("to", N_("Before"), kind="date"))
"""Filters of every list whose rows have a time."""
