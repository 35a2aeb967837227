"""All pages of objects and of settings."""

from collections.abc import Mapping
from typing import Final

from admin_api.console.forms.audit import AUDIT_CHECK, INSTALLATION_AUDIT_CHECK
from admin_api.console.forms.clients import CLIENTS
from admin_api.console.forms.document_templates import DOCUMENT_TEMPLATES
from admin_api.console.forms.domains import DOMAINS
from admin_api.console.forms.encryption import ENCRYPTION, INSTALLATION_ENCRYPTION
from admin_api.console.forms.invoicing import INVOICING
from admin_api.console.forms.keys import API_KEYS, SYSTEM_KEYS
from admin_api.console.forms.messages import MESSAGE_SETTINGS, MESSAGE_TEMPLATES, MESSAGES
from admin_api.console.forms.organization import ORGANIZATION, ORGANIZATIONS
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.forms.people import MEMBERS, OPERATORS
from admin_api.console.forms.providers import PROVIDER_PAGE
from admin_api.console.forms.registers import REGISTERS
from admin_api.console.forms.sites import SITES

OBJECT_PAGES: Final[Mapping[str, ObjectPage]] = {
    page.slug: page
    for page in (
        API_KEYS,
        MEMBERS,
        ORGANIZATIONS,
        OPERATORS,
        SYSTEM_KEYS,
        SITES,
        PROVIDER_PAGE,
        DOMAINS,
        CLIENTS,
        DOCUMENT_TEMPLATES,
        MESSAGES,
    )
}
"""By the slug of their list."""
SETTINGS_PAGES: Final[Mapping[str, ObjectPage]] = {
    page.slug: page
    for page in (
        ORGANIZATION,
        INVOICING,
        REGISTERS,
        MESSAGE_SETTINGS,
        MESSAGE_TEMPLATES,
        ENCRYPTION,
        AUDIT_CHECK,
        INSTALLATION_ENCRYPTION,
        INSTALLATION_AUDIT_CHECK,
    )
}
"""By slug."""
