"""Sites of an organization."""

from collections.abc import Mapping
from typing import Any, Final

from admin_api.console.forms.fields import Field, Options, Row, described
from admin_api.console.forms.form import Form, Once, with_choices
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.listing import Column
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor
from gateway_contracts.limits import FOOTER_CHARACTERS_MAX
from gateway_contracts.numbering import AFFIX_LENGTH_MAX
from gateway_providers.registry import PROVIDERS

_SITE: Final = "/sites/{site_id}"
_SECRET: Final = (Once("webhookSecret", N_("Secret of notifications")),)
_PROVIDERS: Final = Options("/providers", "providers", "label", both_modes=True)
_HOLDS: Final[Mapping[str, str]] = {
    "block_all": N_("No payment at all"),
    "manual_review": N_("Payments wait for a decision"),
    "allow_provider_types": N_("Some providers only"),
}

_NAME: Final = Field("name", N_("Name"), hint=N_("Customers see it on the payment page."))
_LOOK: Final = (
    Field(
        "branding.logo",
        N_("Address of the logo"),
        is_required=False,
        group=N_("Payment page"),
        hint=N_("An image, at an address that begins with https://."),
        length_max=2048,
    ),
    Field("branding.primaryColor", N_("Color"), is_required=False, hint=N_("Such as #0b5fff.")),
    Field(
        "settings.preferCustomDomain",
        N_("Payment links use the site's own domain"),
        "flag",
        is_required=False,
        hint=N_("As soon as the site has an active one."),
    ),
)
_SHOP: Final = (
    Field(
        "ipnVersion",
        N_("Version of notifications"),
        "number",
        ("1", "2"),
        group=N_("Shop"),
        start="2",
        hint=N_("1 is for shops that understood an older gateway."),
    ),
    Field(
        "settings.amountFormat",
        N_("How the shop writes amounts"),
        "choice",
        ("minor", "hundredths"),
        is_required=False,
        words={"minor": N_("In the smallest unit"), "hundredths": N_("In hundredths of any currency")},
    ),
    Field(
        "settings.allowedOrigins",
        N_("Origins of the shop"),
        "lines",
        is_required=False,
        hint=N_("One a line, such as https://shop.example: pages whose scripts may read the shop's checkouts."),
        length_max=6200,
    ),
)
_DOCUMENTS: Final = (
    Field(
        "settings.invoicePrefix",
        N_("Prefix of invoice numbers"),
        is_required=False,
        group=N_("Documents"),
        hint=N_("Empty: that of the organization. All sites share one count."),
        length_max=AFFIX_LENGTH_MAX,
    ),
    Field(
        "settings.creditNotePrefix",
        N_("Prefix of credit note numbers"),
        is_required=False,
        length_max=AFFIX_LENGTH_MAX,
    ),
    Field(
        "settings.documentFooter",
        N_("Text at the end of each page"),
        "long",
        is_required=False,
        hint=N_("Empty: that of the organization."),
        length_max=FOOTER_CHARACTERS_MAX,
    ),
)
_MONEY: Final = (
    Field(
        "settings.latePayment",
        N_("Money for a checkout that is over"),
        "choice",
        ("accept", "review", "refund"),
        is_required=False,
        group=N_("Money"),
        words={"accept": N_("Accept"), "review": N_("Open a case"), "refund": N_("Give back")},
        hint=N_("If nothing is chosen: accepted after it expired, otherwise a case."),
    ),
    Field(
        "settings.duplicatePayment",
        N_("A second payment of the same checkout"),
        "choice",
        ("refund", "review"),
        is_required=False,
        words={"refund": N_("Give back"), "review": N_("Open a case")},
    ),
    Field(
        "settings.wireDeadlineDays",
        N_("Days that a bank transfer may take"),
        "number",
        is_required=False,
    ),
    Field(
        "settings.wireTolerance",
        N_("Accepted difference of a bank transfer"),
        "number",
        is_required=False,
        hint=N_("In the smallest unit of the currency, such as cents."),
    ),
    Field(
        "settings.disputeHold",
        N_("A customer after a lost dispute may make"),
        "choice",
        tuple(_HOLDS),
        is_required=False,
        words=_HOLDS,
        hint=N_("If nothing is chosen: no payment at all."),
    ),
    Field(
        "settings.disputeHoldProviderTypes",
        N_("Providers that stay allowed"),
        "choices",
        tuple(PROVIDERS),
        is_required=False,
        hint=N_("If nothing is chosen: bank transfers."),
    ),
)
_OFFER: Final = (
    Field(
        "providerIds",
        N_("Providers"),
        "choices",
        is_required=False,
        options=_PROVIDERS,
        hint=N_("A checkout of test mode offers those of test mode alone, a live one those of live mode."),
    ),
    Field(
        "defaultProviderId",
        N_("Shown first"),
        "choice",
        is_required=False,
        options=_PROVIDERS,
    ),
)

NEW_SITE: Final = Form(
    "new",
    N_("New site"),
    "/sites",
    N_("A site is one storefront. The secret that signs its notifications is shown once, when it is created."),
    (_NAME, *_OFFER, *_LOOK, *_SHOP, *_MONEY, *_DOCUMENTS),
    once=_SECRET,
)


async def _values(site: Row, visitor: Visitor) -> dict[str, Any]:
    """Values of the site that are set, as titles and texts."""
    [form] = await with_choices([NEW_SITE], visitor)
    return {"values": described(form.fields[1:], site)}


SITES: Final = ObjectPage(
    "sites",
    N_("Site"),
    _SITE,
    name="name",
    facts=(
        Column("id", N_("Id"), "code"),
        Column("createdAt", N_("Created"), "moment"),
        Column("updatedAt", N_("Changed"), "moment"),
    ),
    creates=NEW_SITE,
    template="site.html",
    load=_values,
    forms=(
        Form("providers", N_("Choose providers"), _SITE, N_("What customers may pay with."), _OFFER, verb="PATCH"),
        Form(
            "edit",
            N_("Change"),
            _SITE,
            N_("The changes apply to new checkouts."),
            (_NAME, *_LOOK, *_SHOP, *_MONEY, *_DOCUMENTS),
            verb="PATCH",
        ),
        Form(
            "secret",
            N_("New secret of notifications"),
            _SITE + "/webhook-secret/regenerate",
            N_("The new secret is for the mode that you see, and is shown once."),
            (
                Field(
                    "keepPrevious",
                    N_("Sign with the present secret too"),
                    "flag",
                    is_required=False,
                    start="on",
                    hint=N_("Until the next new secret. So the shop loses nothing while it is changed."),
                ),
            ),
            once=_SECRET,
        ),
        Form(
            "delete",
            N_("Close the site"),
            _SITE,
            N_("New checkouts are refused, in both modes. Its payments stay. This cannot be undone."),
            verb="DELETE",
            is_final=True,
        ),
    ),
)
