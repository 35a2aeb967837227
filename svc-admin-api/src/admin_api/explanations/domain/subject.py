"""Ids that can be explained."""

import re
from typing import Final

SUBJECT_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$"
"""Ids of objects and events, and ids of requests that callers may choose (`X-Request-ID`)."""
_FORM: Final = re.compile(SUBJECT_ID)


def is_subject_id(text: str) -> bool:
    """Whether the text has the form of such an id."""
    return _FORM.fullmatch(text) is not None
