"""The API's description as a page: plain HTML, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from typing import Any

from inkdigits.serving.headers import SECURITY
from inkdigits.serving.problems import KINDS

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 46rem; margin: 3rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; font-size: 1.1rem } h2, code, dt { font-family: ui-monospace, monospace }
dt { margin-top: .5rem } dd { margin-left: 1.5rem }
table { border-collapse: collapse } td { padding: .2rem 1rem .2rem 0; vertical-align: top }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": SECURITY["Content-Security-Policy"] + f"; style-src 'sha256-{_HASH}'",
}


def page(description: dict[str, Any]) -> str:
    """The page of a description."""
    title = escape(description["info"]["title"])
    body = "".join(
        _operation(path, method, operation)
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<main><h1>{title}</h1><p>{escape(description['info']['description'])} "
        f'For programs: <a href="/openapi.json">openapi.json</a>.</p>{body}{_kinds()}</main></html>'
    )


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    parts = [f"<h2>{method.upper()} {escape(path)}</h2><p>{escape(operation['description'])}</p>"]
    if content:
        parts.append(f"<p>Body: {', '.join(f'<code>{escape(kind)}</code>' for kind in content)}</p>")
    parts.append(_list("Options", (_parameter(each) for each in operation.get("parameters", []))))
    parts.append(
        _list("Answers", ((status, response["description"]) for status, response in operation["responses"].items()))
    )
    return "".join(parts)


def _parameter(parameter: dict[str, Any]) -> tuple[str, str]:
    kinds = [each for each in parameter["schema"].get("anyOf", [parameter["schema"]]) if each.get("type") != "null"]
    rules = ("type", "minimum", "maximum", "pattern", "enum")
    constraints = ", ".join(f"{rule} {json.dumps(kind[rule])}" for kind in kinds for rule in rules if rule in kind)
    return parameter["name"], f"{parameter.get('description', '')} ({constraints})"


def _list(title: str, rows: Iterator[tuple[str, str]]) -> str:
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows)
    return f"<p>{title}</p><dl>{items}</dl>" if items else ""


def _kinds() -> str:
    """The problems, each where its `type` leads to."""
    rows = "".join(
        f'<tr id="{name}"><td><code>{name}</code><td>{kind.status}<td>{escape(kind.title)}<td>{escape(kind.advice)}'
        for name, kind in KINDS.items()
    )
    return f"<h2>Problems</h2><table>{rows}</table>"
