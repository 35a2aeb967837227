"""The base of every message model: camelCase on the wire, frozen in memory."""

import json

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticSerializationError, to_jsonable_python


class Contract(BaseModel):
    """A message or a part of one.

    Unknown fields are ignored on read, so that an old consumer survives a newer producer during a rolling deploy. What
    does not fit is not quoted by the error: it may be a person's name, and errors are logged.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        ser_json_bytes="base64",
        hide_input_in_errors=True,
    )

    def wire(self) -> dict[str, object]:
        """The JSON object as it travels: camelCase names, absent values left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def wire_json(self) -> bytes:
        """The same as bytes.

        A stored text that UTF-8 cannot hold, let in by an earlier version, gets a question mark for its half
        character: the object, and every list with it, stay readable.
        """
        try:
            return self.model_dump_json(by_alias=True, exclude_none=True).encode()
        except PydanticSerializationError:
            value = self.model_dump(mode="python", by_alias=True, exclude_none=True)
            text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=_plain)
            return text.encode("utf-8", "replace")


def _plain(value: object) -> object:
    return to_jsonable_python(value, bytes_mode="base64")
