"""Sentences for what the settings lack for electronic invoices, and for what is wrong with a register."""

from collections.abc import Mapping
from typing import Any, Final

from admin_api.console.translations import N_

_MISSING: Final[Mapping[str, str]] = {
    "SELLER_NAME_MISSING": N_("The name of the company"),
    "SELLER_VAT_ID_MISSING": N_("A VAT id or a tax number"),
    "SELLER_VAT_ID_INVALID": N_("A VAT id that begins with the code of its country, such as DE"),
    "SELLER_IDENTIFIER_MISSING": N_("A tax number or registration number"),
    "SELLER_COUNTRY_MISSING": N_("The country of the address"),
    "SELLER_CITY_MISSING": N_("The city of the address"),
    "SELLER_POSTAL_CODE_MISSING": N_("The postal code of the address"),
    "SELLER_CONTACT_MISSING": N_("A person or department to ask"),
    "SELLER_PHONE_MISSING": N_("The phone number of the contact"),
    "SELLER_EMAIL_MISSING": N_("The e-mail address of the contact"),
    "SELLER_IBAN_MISSING": N_("A bank account with a valid IBAN"),
    "SELLER_ROUTING_ADDRESS_MISSING": N_("The address in Peppol"),
    "PEPPOL_COUNTRY_NOT_COVERED": N_("Peppol has further rules in this country, which documents do not meet"),
    "PAYMENT_TERMS_MISSING": N_("Terms of payment, or days until an invoice is due"),
}
_PROBLEMS: Final[Mapping[str, str]] = {
    "row_missing": N_("A row is missing before it."),
    "row_moved": N_("It does not follow the row before it."),
    "row_changed": N_("It was changed after it was sealed."),
    "number_repeated": N_("Its number was given before."),
    "document_gone": N_("Its document is gone."),
    "document_changed": N_("Its document was changed after issue."),
    "totals_differ": N_("Its totals are not those of its document, or do not add up."),
    "number_differs": N_("Its number is not that of its document."),
    "date_differs": N_("Its legal date is not that of its document."),
    "correction_gone": N_("A correction is gone from its document."),
    "corrections_differ": N_("A document has other corrections than the register."),
    "numbers_missing": N_("Numbers are missing before it."),
    "counter_differs": N_("The counter of numbers stands elsewhere."),
    "end_differs": N_("The register ends in another row than was written last."),
    "count_differs": N_("There are other documents than rows."),
}


def sentence_of(missing: Mapping[str, Any]) -> str:
    """The missing setting in English, to be translated where it is shown; what has no words here says them itself."""
    return _MISSING.get(missing["code"], missing["sentence"])


def problem_of(problem: Mapping[str, Any]) -> str:
    """The problem of a register, in the same way."""
    return _PROBLEMS.get(problem["code"], problem["sentence"])
