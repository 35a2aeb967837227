"""Data keys of the organization and of the installation: state, rotation, key-management service, destruction."""

from typing import Final

from admin_api.console.forms.fields import Field
from admin_api.console.forms.form import Form
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.listing import Column, Section
from admin_api.console.translations import N_
from gateway_kit.crypto.kms import LOCAL
from gateway_kit.crypto.kms_registry import KMS_KINDS

_OF_ORGANIZATION: Final = "/organizations/{organization_id}/encryption"
_OF_INSTALLATION: Final = "/system/encryption"
_VALUE_CHARACTERS: Final = 4096
_KINDS: Final = (LOCAL, *KMS_KINDS)
_KIND_WORDS: Final = {LOCAL: N_("The gateway's own key"), "aws": "AWS KMS", "vault": "Vault Transit"}
_SERVICE: Final = (
    Field("kms", N_("Service"), "choice", _KINDS, words=_KIND_WORDS),
    Field(
        "keyId",
        N_("Key in the service"),
        is_required=False,
        hint=N_("An id or ARN (AWS), or a key's name (Vault)."),
        length_max=2048,
    ),
    Field(
        "endpoint",
        N_("Address of the service"),
        is_required=False,
        hint=N_("Needed for Vault. AWS has an address for each region."),
        length_max=2048,
    ),
    Field("settings.region", N_("Region"), is_required=False, group="AWS KMS"),
    Field("credentials.accessKeyId", N_("Access key id"), "secret", length_max=_VALUE_CHARACTERS),
    Field("credentials.secretAccessKey", N_("Secret access key"), "secret", length_max=_VALUE_CHARACTERS),
    Field("credentials.sessionToken", N_("Session token"), "secret", length_max=_VALUE_CHARACTERS),
    Field("settings.mount", N_("Mount"), is_required=False, group="Vault Transit"),
    Field("settings.namespace", N_("Namespace"), is_required=False),
    Field("credentials.token", N_("Token"), "secret", length_max=_VALUE_CHARACTERS),
)
_MODE: Final = Field(
    "mode",
    N_("How"),
    "choice",
    ("rewrap", "full"),
    words={"rewrap": N_("Wrap the same keys again"), "full": N_("New keys; encrypt all stored values again")},
)
_PURPOSES: Final = Field(
    "purposes",
    N_("Which keys"),
    "choices",
    ("operational", "records"),
    is_required=False,
    hint=N_("For new keys only. None chosen: all keys."),
    words={"operational": N_("Payments and people"), "records": N_("Invoices and credit notes")},
)
_SHRED: Final = Form(
    "shred",
    N_("Destroy the keys"),
    "/organizations/{organization_id}/shred",
    N_("The organization's data is permanently unreadable within a second."),
    (
        Field("confirm", N_("Id of the organization"), hint=N_("Write it as a confirmation."), length_max=24),
        Field("reason", N_("Reason"), hint=N_("Without personal data."), length_max=500),
        Field(
            "includeRecords",
            N_("Also the key of invoices and credit notes"),
            "flag",
            is_required=False,
            hint=N_("Only after the time that the law asks to keep them."),
        ),
    ),
    is_final=True,
)


def _page(slug: str, title: str, path: str, section: Section, forms: tuple[Form, ...], *fields: Field) -> ObjectPage:
    rotate = Form(
        "rotate",
        N_("Rotate the keys"),
        path + "/rotate",
        N_("Runs in the background. Payments go on meanwhile."),
        (_MODE, *fields),
    )
    configure = Form(
        "service",
        N_("Change the key-management service"),
        path,
        N_("The service is tried first. The present keys move in the background; the old service must answer until "
           "they have. Stored credentials stay where fields are left empty."),
        _SERVICE,
        verb="PUT",
    )  # fmt: skip
    return ObjectPage(
        slug,
        title,
        path,
        facts=(
            Column("kms", N_("Service"), "code"),
            Column("keyId", N_("Key in the service"), "code"),
            Column("endpoint", N_("Address of the service"), "code"),
            Column("hasCredentials", N_("Credentials stored"), "state"),
        ),
        forms=(rotate, configure, *forms),
        template="encryption.html",
        more=(("jobs", path + "/jobs"),),
        section=section,
    )


ENCRYPTION: Final = _page("encryption", N_("Encryption"), _OF_ORGANIZATION, "organization", (_SHRED,), _PURPOSES)
INSTALLATION_ENCRYPTION: Final = _page(
    "installation-encryption", N_("Encryption of the installation"), _OF_INSTALLATION, "installation", ()
)
