"""Checkout domains that merchants own."""

from typing import Any, Final

from admin_api.console.forms.fields import Field, Options, Row
from admin_api.console.forms.form import Form
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.listing import Column
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor

_DOMAIN: Final = "/domains/{domain_id}"


async def _site(domain: Row, visitor: Visitor) -> dict[str, Any]:
    """The domain's site; None where it is deleted, or cannot be read by the visitor or at the moment."""
    if not visitor.may("GET", "/sites/{site_id}"):
        return {"site": None}
    answer = await visitor.api.ask("GET", f"/sites/{domain['siteId']}")
    return {"site": answer.data if answer.is_ok else None}


DOMAINS: Final = ObjectPage(
    "domains",
    N_("Domain"),
    _DOMAIN,
    name="name",
    facts=(
        Column("state", N_("State"), "state"),
        Column("checkedAt", N_("Checked"), "moment"),
        Column("createdAt", N_("Created"), "moment"),
        Column("id", N_("Id"), "code"),
    ),
    creates=Form(
        "new",
        N_("New domain"),
        "/domains",
        N_("Payment pages of the site appear at a host name of yours. The next page names the record to create."),
        (
            Field("siteId", N_("Site"), "choice", options=Options("/sites", "sites", "name")),
            Field("name", N_("Host name"), hint=N_("Without https://, such as pay.example.com."), length_max=253),
        ),
    ),
    forms=(
        Form(
            "remove",
            N_("Remove"),
            _DOMAIN,
            N_("Payment pages at this domain stop at once. Its certificate is not renewed."),
            verb="DELETE",
            is_final=True,
        ),
    ),
    template="domain.html",
    load=_site,
)
