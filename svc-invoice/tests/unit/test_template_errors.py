"""The line of an error in an own template."""

import pytest

from invoice.adapters.pdf.template import error_text, filled
from invoice.adapters.pdf.view import view_of
from invoice.domain.example import example_content
from invoice.domain.printed import Look

VIEW = view_of(example_content("invoice", livemode=True), Look("a4", "#1f2937", None, None))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("one\n{% if %}", "TemplateSyntaxError (line 2)"),
        ("one\ntwo\n{{ nothing_of_this_name }}", "UndefinedError (line 3)"),
        (
            '{% extends "document.html" %}\n{% block payment %}\n\n{{ 1 / 0 }}{% endblock %}',
            "ZeroDivisionError (line 4)",
        ),
        ('one\n{% extends "other.html" %}', "TemplateNotFound (line 2)"),
        ("{% set page = 1 %}\n\n{{ [].pop() }}", "SecurityError (line 3)"),
    ],
)
def test_an_error_names_the_line_of_the_own_source(source: str, said: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011  # whatever a template raises
        filled(VIEW, source)
    assert error_text(caught.value).startswith(said)


def test_an_error_outside_of_the_source_has_no_line() -> None:
    assert error_text(ValueError("no such image")) == "ValueError: no such image"
