"""The check of the audit log."""

from typing import Final

from admin_api.console.forms.pages import ObjectPage
from admin_api.console.listing import Column, Section
from admin_api.console.translations import N_


def _check(slug: str, title: str, path: str, section: Section) -> ObjectPage:
    return ObjectPage(
        slug,
        title,
        path,
        facts=(
            Column("intact", N_("Every entry is as it was written, and none is missing"), "state"),
            Column("entries", N_("Entries checked")),
            Column("problem", N_("First problem")),
            Column("checkedAt", N_("Checked"), "moment"),
        ),
        section=section,
    )


AUDIT_CHECK: Final = _check("audit-check", N_("Check of the audit log"), "/audit/check", "organization")
INSTALLATION_AUDIT_CHECK: Final = _check(
    "installation-audit-check",
    N_("Check of the audit log of the installation"),
    "/system/audit/check",
    "installation",
)
