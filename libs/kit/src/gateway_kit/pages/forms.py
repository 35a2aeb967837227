"""Forms of pages: their fields, and a bound on how many there may be."""

from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

FIELDS_MAX: Final = 16


async def form_fields(request: Request, fields_max: int = FIELDS_MAX) -> dict[str, str]:
    """The fields of the form; empty where the body is no form of `fields_max` fields. Of a repeated one the last."""
    try:
        pairs = parse_qsl((await request.body()).decode("ascii"), keep_blank_values=True, max_num_fields=fields_max)
    except ValueError:
        return {}
    return dict(pairs)
