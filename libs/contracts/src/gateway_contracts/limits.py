"""Limits of what callers may send, each declared once: APIs and owners agree because both read them here.

They are chosen so that what is accepted always fits on the bus. With texts of 64 KiB and 500 items the largest event
has at most 280 KiB (of 1 MiB) and the largest reply with one object at most 360 KiB (of 512 KiB); see ADR 0027.
"""

from typing import Final

TEXTS_BYTES_MAX: Final = 64 * 1024
"""All texts of one request together, in bytes of UTF-8."""
REQUEST_TEXTS_BYTES_MAX: Final = 2 * TEXTS_BYTES_MAX
"""The same for requests on the bus, which carry ids and names of our own beside the caller's texts."""
DEPTH_MAX: Final = 32
"""Objects and lists within each other."""
INT64_MAX: Final = 2**63 - 1
"""What the database holds."""

ITEMS_MAX: Final = 500
EXCHANGE_RATE_MAX: Final = 1_000_000
EXCHANGE_RATE_DECIMALS_MAX: Final = 8
QUANTITY_MAX: Final = 1_000_000
ITEM_NAME_CHARACTERS_MAX: Final = 500
ITEM_DESCRIPTION_CHARACTERS_MAX: Final = 2_000
VAT_RATE_DECIMALS_MAX: Final = 4
QUANTITY_DECIMALS_MAX: Final = 4
"""Of a quantity on an invoice; items of checkouts are counted in whole units."""
NOTES_CHARACTERS_MAX: Final = 2_000
FOOTER_CHARACTERS_MAX: Final = 1_000
PAYMENT_TERM_DAYS_MAX: Final = 365
PAYMENT_LINK_MIN: Final = 50
"""Minor units of a payment page for an invoice."""
SETTLEMENTS_MAX: Final = 100
"""Payments of one invoice; all of them fit into one reply."""
CORRECTIONS_MAX: Final = 50
"""Corrections of the texts of one invoice."""
REFERENCE_CHARACTERS_MAX: Final = 64
"""Of ``externalReference`` and ``invoiceNumber``: receivers of notifications of version 2 allow no more."""
METADATA_KEYS_MAX: Final = 50
METADATA_KEY_CHARACTERS_MAX: Final = 40
METADATA_VALUE_CHARACTERS_MAX: Final = 500
URL_BYTES_MAX: Final = 2_048
BANK_REFERENCE_CHARACTERS_MAX: Final = 140
REASON_CHARACTERS_MAX: Final = 500
EXPIRY_HOURS_MAX: Final = 3_120
ALLOWED_PROVIDERS_MAX: Final = 50
"""Providers that one checkout may be limited to."""
ATTEMPTS_MAX: Final = 50
"""Attempts to pay one checkout: a bound against the trial of stolen cards."""
REFUNDS_MAX: Final = 200
"""Refunds of one transaction that a caller may make; all of them fit into one reply."""

LINE_CHARACTERS_MAX: Final = 200
"""Of a name and of one line of an address."""
SHORT_CHARACTERS_MAX: Final = 64
"""Of postal codes, phone numbers and tax ids."""
LOCALE_CHARACTERS_MAX: Final = 35
PAGE_MAX: Final = 10_000
PAGE_LIMIT_MAX: Final = 100
"""Rows of a page of a list."""
EVENT_TYPES_MAX: Final = 20
"""Types that one reader of events may name."""
PAGE_LIMIT_DEFAULT: Final = 50
