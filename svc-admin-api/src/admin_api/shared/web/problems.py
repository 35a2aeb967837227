"""Errors of this API: the kit's one form, with our own codes for broken field rules."""

from dataclasses import replace
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response

from admin_api.shared.web.schemas.base import code_of
from gateway_kit.http.problems import install_error_handlers, problem_of


def install_problems(app: FastAPI) -> None:
    """Every error in the one form; 422 for field rules with the code of the first rule of ours."""
    install_error_handlers(app)

    async def invalid(_request: Request, exc: Exception) -> Response:
        assert isinstance(exc, RequestValidationError)
        errors = exc.errors()
        problem = problem_of(exc)
        codes = [code for error in errors if (code := _code(error))]
        if problem.status == 422 and codes:
            problem = replace(problem, code=codes[0])
        return problem.json_response()

    app.add_exception_handler(RequestValidationError, invalid)


def _code(error: dict[str, Any]) -> str | None:
    return "UNKNOWN_FIELD" if error["type"] == "extra_forbidden" else code_of(error["type"])
