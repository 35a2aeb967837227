"""Templates that others wrote: a small part of Jinja, whose cost is bounded by the length of the source.

Allowed are values, conditions, a few filters and ``_("text")``. There are no loops, assignments, macros, includes,
arithmetic or calls, so that no template runs long or grows large; the sandbox of Jinja stands behind these rules
(ADR 0077).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, Template, nodes, pass_context
from jinja2.exceptions import TemplateError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

OUTPUT_CHARACTERS_MAX: Final = 200_000
_FILTERS: Final = frozenset({"upper", "lower", "trim", "capitalize", "title", "e", "escape"})
_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
    nodes.Call,
    nodes.Keyword,
)
_TRANSLATE: Final = "_"
_PLACEHOLDER: Final = re.compile(r"%\(([a-z_]+)\)s|%%")
_TRANSLATOR: Final = "gateway_translate"


class SourceRefused(Exception):
    """The source is not a template, or does more than it may. The text is for its author."""


def check_source(source: str, variables: frozenset[str]) -> None:
    """
    Raises:
        SourceRefused: it is none that may be used, or it names a variable that there is not.
    """
    try:
        tree = _environment(is_html=False).parse(source)
        for node in _nodes(tree):
            _check_node(node, variables)
        _compiled(source, is_html=False)
    except TemplateError as exc:
        line = getattr(exc, "lineno", None)
        raise SourceRefused(f"line {line}: {exc.message}" if line else str(exc.message)) from exc
    except (RecursionError, SyntaxError, MemoryError) as exc:
        raise SourceRefused("is nested too deeply") from exc


def render_source(source: str, values: Mapping[str, str], *, is_html: bool, translate: Callable[[str], str]) -> str:
    """The text of a checked source.

    Raises:
        SourceRefused: it names what there is not, or its text is too long.
    """
    length, parts = 0, list[str]()
    try:
        for part in _compiled(source, is_html=is_html).generate({**values, _TRANSLATOR: translate}):
            parts.append(part)
            length += len(part)
            if length > OUTPUT_CHARACTERS_MAX:
                raise SourceRefused(f"its text has more than {OUTPUT_CHARACTERS_MAX} characters")
    except (TemplateError, RecursionError, KeyError) as exc:
        raise SourceRefused(str(exc)) from exc
    return "".join(parts)


def _nodes(node: nodes.Node) -> Iterator[nodes.Node]:
    """The node and all within it."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(each.iter_child_nodes())


def _check_node(node: nodes.Node, variables: frozenset[str]) -> None:
    if not isinstance(node, _ALLOWED):
        raise SourceRefused(f"line {node.lineno}: templates cannot use {type(node).__name__.lower()}")
    if isinstance(node, nodes.Name) and node.name not in variables | {_TRANSLATE}:
        raise SourceRefused(f"line {node.lineno}: there is no variable {node.name}")
    if isinstance(node, nodes.Filter) and (node.name not in _FILTERS or node.args or node.kwargs):
        raise SourceRefused(f"line {node.lineno}: there is no filter {node.name}")
    if isinstance(node, nodes.Call):
        _check_call(node)


def _check_call(node: nodes.Call) -> None:
    """``_("Invoice %(number)s", number=number)`` and nothing else."""
    named = isinstance(node.node, nodes.Name) and node.node.name == _TRANSLATE
    text = node.args[0] if len(node.args) == 1 else None
    if not named or not isinstance(text, nodes.Const) or not isinstance(text.value, str) or node.dyn_kwargs:
        raise SourceRefused(f'line {node.lineno}: only _("text") can be called')
    wanted = {match.group(1) for match in _PLACEHOLDER.finditer(text.value)} - {None}
    if "%" in _PLACEHOLDER.sub("", text.value) or wanted != {each.key for each in node.kwargs}:
        raise SourceRefused(f"line {node.lineno}: the placeholders of a text are %(name)s, each with a value")


@pass_context
def _translated(context: Context, text: str, **values: Any) -> str:
    """The text in the language of the message, with its placeholders filled in."""
    translated = str(context[_TRANSLATOR](text))
    if context.eval_ctx.autoescape:
        # Texts are ours or the template's author's; only the values that stand in them are foreign.
        return Markup(translated) % values  # noqa: S704 - the text is trusted
    return translated % values


@lru_cache(maxsize=2)
def _environment(*, is_html: bool) -> Environment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=is_html, undefined=StrictUndefined, keep_trailing_newline=False, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.clear()
    environment.globals[_TRANSLATE] = _translated
    environment.filters = {name: function for name, function in environment.filters.items() if name in _FILTERS}
    return environment


@lru_cache(maxsize=256)
def _compiled(source: str, *, is_html: bool) -> Template:
    return _environment(is_html=is_html).from_string(source)
