"""Common parts of all request and answer shapes."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gateway_kit.mongo.pages import COUNTED_AHEAD


class View(BaseModel):
    """An answer: camelCase; every field is always there, absent values are null."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True, frozen=True)

    def wire_json(self) -> bytes:
        """The answer's body."""
        return self.model_dump_json(by_alias=True).encode()


class ListView(View):
    """One page of a list."""

    total: int = Field(description=f"Rows that match, counted to {COUNTED_AHEAD} rows behind this page.")
    total_capped: bool = Field(description="Whether more rows match than total says.")
    page: int = Field(description="Number of the returned page.")
    limit: int = Field(description="Rows per page.")
    next_cursor: str | None = Field(
        description="Send this value as `cursor` to get the next page; null on the last page."
    )
