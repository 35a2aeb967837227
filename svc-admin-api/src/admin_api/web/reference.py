"""The API reference as one page: rendered here, without scripts and without anything from elsewhere."""

import base64
import hashlib
import html
import json
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from admin_api.edge.routing import new_router

router = new_router(include_in_schema=False)

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem}
h2{margin-top:2.5rem;border-bottom:1px solid var(--line);text-transform:capitalize}
details{border:1px solid var(--line);border-radius:.5rem;margin:.6rem 0;padding:0 .9rem}
summary{cursor:pointer;padding:.6rem 0}code{font-family:ui-monospace,monospace;font-size:.92em}
.verb{display:inline-block;min-width:4.2rem;font-weight:700}
table{border-collapse:collapse;width:100%;margin:.4rem 0 1rem}td,th{text-align:left;vertical-align:top}
td,th{padding:.3rem .6rem .3rem 0;border-top:1px solid var(--line)}td:first-child{white-space:nowrap}
.note{opacity:.75}pre{background:var(--soft);border-radius:.5rem;padding:.6rem .9rem;overflow-x:auto}
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'"
_REF = "#/components/schemas/"


@router.get("/docs")
@router.get("/docs/index.html")
async def reference(request: Request) -> HTMLResponse:
    """The reference page."""
    page = render(request.app.openapi(), request.app.openapi_url)
    return HTMLResponse(page, headers={"content-security-policy": POLICY, "cache-control": "public, max-age=300"})


def render(document: dict[str, Any], openapi_url: str) -> str:
    """The page of an OpenAPI document."""
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            tag = (operation.get("tags") or ["other"])[0]
            by_tag.setdefault(tag, []).append(_operation(verb, path, operation, document))
    sections = "".join(f"<h2>{_text(tag)}</h2>{''.join(items)}" for tag, items in by_tag.items())
    types = "".join(_type(name, schema, document) for name, schema in sorted(document["components"]["schemas"].items()))
    info = document["info"]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{_text(info['title'])}</title><style>{_STYLE}</style><h1>{_text(info['title'])}</h1>"
        f"{_prose(info.get('description', ''))}"
        f'<p>For tools: <a href="{_text(openapi_url)}">OpenAPI document</a>.</p>{sections}<h2>Types</h2>{types}</html>'
    )


def _operation(verb: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    parameters = [
        _row(item["name"], item["schema"], item.get("description"), is_required=item.get("required", False))
        for item in operation.get("parameters", [])
    ]
    request = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = request.get("schema")
    answer: dict[str, Any] = next(
        (item for status, item in operation["responses"].items() if status.startswith("2")), {}
    )
    answered = answer.get("content", {}).get("application/json", {}).get("schema")
    return (
        f"<details><summary><code><span class=verb>{_text(verb.upper())}</span>{_text(path)}</code></summary>"
        f"{_prose(operation.get('description', ''))}"
        f"{_table('Parameters', parameters)}"
        f"{_table('Body', _fields(body, document))}"
        f"{_example(request.get('example'))}"
        f"{_table('Answer', _fields(answered, document))}</details>"
    )


def _example(body: Any) -> str:
    if not body:
        return ""
    return f"<p class=note>Example</p><pre><code>{_text(json.dumps(body, indent=2, ensure_ascii=False))}</code></pre>"


def _type(name: str, schema: dict[str, Any], document: dict[str, Any]) -> str:
    return (
        f'<details id="{_text(name)}"><summary><code>{_text(name)}</code></summary>'
        f"{_prose(schema.get('description', ''))}{_table('Fields', _fields(schema, document))}</details>"
    )


def _fields(schema: dict[str, Any] | None, document: dict[str, Any]) -> list[str]:
    resolved = _resolve(schema, document)
    required = resolved.get("required", [])
    return [
        _row(name, field, field.get("description"), is_required=name in required)
        for name, field in resolved.get("properties", {}).items()
    ]


def _resolve(schema: dict[str, Any] | None, document: dict[str, Any]) -> dict[str, Any]:
    """The object behind a reference or an optional reference."""
    for option in [schema or {}, *(schema or {}).get("anyOf", [])]:
        if option.get("$ref", "").startswith(_REF):
            found: dict[str, Any] = document["components"]["schemas"][option["$ref"].removeprefix(_REF)]
            return found
    return schema or {}


def _row(name: str, schema: dict[str, Any], description: str | None, *, is_required: bool) -> str:
    mark = " <b>required</b>" if is_required else ""
    return (
        f"<tr><td><code>{_text(name)}</code><td><code>{_kind(schema)}</code>{mark}<td>{_inline(description or '')}</tr>"
    )


def _kind(schema: dict[str, Any]) -> str:
    """The kind of a value as HTML; objects link to their fields."""
    if "$ref" in schema:
        name = _text(str(schema["$ref"]).removeprefix(_REF))
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " | ".join(_kind(option) for option in schema["anyOf"] if option.get("type") != "null")
    if "enum" in schema:
        return _text(" | ".join(str(value) for value in schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return _text(str(schema.get("const") or schema.get("format") or schema.get("type") or "any"))


def _table(title: str, rows: list[str]) -> str:
    return f"<p class=note>{title}</p><table>{''.join(rows)}</table>" if rows else ""


def _prose(text: str) -> str:
    return "".join(f"<p>{_inline(part)}</p>" for part in text.strip().split("\n\n") if part)


def _inline(text: str) -> str:
    """Escaped text with `code` and **bold**."""
    rendered = _text(text)
    for mark, tag in (("``", "code"), ("`", "code"), ("**", "b")):
        parts = rendered.split(mark)
        if len(parts) % 2 == 1:
            rendered = "".join(f"<{tag}>{part}</{tag}>" if index % 2 else part for index, part in enumerate(parts))
    return rendered


def _text(text: str) -> str:
    return html.escape(text, quote=True)
