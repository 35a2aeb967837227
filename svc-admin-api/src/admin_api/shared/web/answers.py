"""Records of other services as the bodies of stored answers."""

from admin_api.shared.web.schemas.base import View
from gateway_contracts.base import Contract


class RecordAnswer(View):
    """Another service's record, with every field there; absent values are null."""

    record: Contract

    def wire_json(self) -> bytes:
        return self.record.model_dump_json(by_alias=True).encode()
