"""Services in the test's own process, each with its own connection, user, keys and copy of the configuration."""

import importlib
from typing import Any

from gateway_embedded.environment import MODULES
from gateway_kit.service import running
from gateway_testkit.parts import Parts


def running_service(parts: Parts, service: str) -> Any:
    """A context in which the service runs: its runtime and, for an API, its application."""
    module = MODULES[service]
    app = importlib.import_module(f"{module}.app")
    kind = importlib.import_module(f"{module}.settings").Settings
    variables = parts.env.service(service)
    settings = kind(**{name.lower(): value for name, value in variables.items() if name.lower() in kind.model_fields})
    return running(settings, service, _build(app, settings))


def _build(app: Any, settings: Any) -> Any:
    if app.build.__code__.co_argcount == 1:
        return app.build
    return lambda runtime: app.build(runtime, settings)
