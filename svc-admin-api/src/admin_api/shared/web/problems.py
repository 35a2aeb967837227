"""Errors of this API: the kit's one form, with our own codes for broken field rules."""

from dataclasses import replace

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response

from gateway_contracts.rules import code_of
from gateway_kit.http.problems import Render, install_error_handlers, problem_of


def install_problems(app: FastAPI, render: Render | None = None) -> None:
    """Every error in the one form, or as a page; 422 for field rules with the code of the first rule of ours."""
    install_error_handlers(app, render=render)

    async def invalid(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, RequestValidationError)
        problem = problem_of(exc)
        if problem.status == 422 and (code := code_of(exc.errors())):
            problem = replace(problem, code=code)
        response = render(request, problem) if render else None
        return response or problem.json_response()

    app.add_exception_handler(RequestValidationError, invalid)
