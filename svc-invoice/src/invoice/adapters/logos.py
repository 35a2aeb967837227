"""Logos of templates: images that are decoded once before they are kept, and printed as they are."""

import base64
import binascii
import io
import warnings
from typing import Final

from gateway_contracts.errors import Invalid
from invoice.domain.printed import ImageType

SIDE_PIXELS_MAX: Final = 2_000
_TYPES: Final[dict[str, ImageType]] = {"PNG": "image/png", "JPEG": "image/jpeg"}
# Others would need a color profile that the document does not have.
_MODES: Final = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})


def read_logo(text: str) -> ImageType:
    """The type of an image, given as base64.

    Raises:
        Invalid: not a PNG or JPEG that can be printed.
    """
    from PIL import Image  # imported late: it is needed for templates with a logo only

    try:
        data = base64.b64decode(text, validate=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(data), formats=tuple(_TYPES)) as image:
                # The size is in the head: nothing large is decoded.
                if max(image.size) > SIDE_PIXELS_MAX:
                    raise Invalid.field("logo", f"must have at most {SIDE_PIXELS_MAX} pixels on each side")
                image.load()
                found, mode = image.format or "", image.mode
    except (binascii.Error, OSError, ValueError, SyntaxError, Warning) as exc:
        raise Invalid.field("logo", "must be a PNG or JPEG image, as base64") from exc
    if mode not in _MODES:
        raise Invalid.field("logo", "must have the colors red, green and blue, or grey")
    return _TYPES[found]
