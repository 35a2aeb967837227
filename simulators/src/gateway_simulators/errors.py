"""Error answers of the simulators."""

from typing import Any


class SimulatorError(Exception):
    """An error answer in some provider's shape; providers subclass it."""

    status: int = 400

    def body(self) -> dict[str, Any]:
        """The JSON answer."""
        return {"error": {"message": str(self)}}


class ControlError(SimulatorError):
    """The control API was used wrongly."""

    def __init__(self, message: str, *, param: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.param = param

    def body(self) -> dict[str, Any]:
        """See the base class."""
        error: dict[str, Any] = {"type": "invalid_request_error", "message": str(self)}
        return {"error": error | ({"param": self.param} if self.param else {})}


class Misbehaved(SimulatorError):
    """A scripted fault, with a body in no provider's form."""

    def __init__(self, status: int) -> None:
        super().__init__("A scripted fault of the simulator.")
        self.status = status
