"""The API's description as a page, on which its calls can be tried: plain HTML, and files of our own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from inkdigits.serving.problems import KINDS
from inkdigits.serving.site import POLICY, File, load_file

FOLDER = Path(__file__).parent / "docs_page"
HEADERS = {"Content-Security-Policy": POLICY}


def load_files() -> dict[str, File]:
    """Paths → files: what the page needs."""
    return {f"/docs/{name}": load_file(FOLDER / name) for name in ("docs.css", "docs.js")}


def page(description: dict[str, Any]) -> str:
    """The page of a description."""
    title = escape(description["info"]["title"])
    operations = [
        (path, method, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    body = "".join(f"<section>{_operation(*each)}{_form(*each)}</section>" for each in operations)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}: the API</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="/page/icon.svg"><link rel="stylesheet" href="/docs/docs.css">'
        '<script type="module" src="/docs/docs.js"></script></head>'
        f"<body><main><h1>{title}</h1><p>{escape(description['info']['description'])} "
        f'For programs: <a href="/openapi.json">openapi.json</a>.</p>{_token(operations)}{body}{_kinds()}</main></body>'
        "</html>"
    )


def _token(operations: list[tuple[str, str, dict[str, Any]]]) -> str:
    """Where a token is given, if any call needs one."""
    if all({} in operation.get("security", [{}]) for _, _, operation in operations):
        return ""
    return (
        '<form class="token"><label for="token">Token</label> <input id="token" type="password" autocomplete="off"> '
        "for the calls below; it is forgotten with this page.</form>"
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


def _form(path: str, method: str, operation: dict[str, Any]) -> str:
    """What a call can be tried with: docs.js sends it."""
    prefix = f"{method}{path}".replace("/", "-").replace("{", "").replace("}", "")
    rows = [_field(f"{prefix}-{each['name']}", each) for each in operation.get("parameters", [])]
    if form := operation.get("requestBody", {}).get("content", {}).get("multipart/form-data"):
        several = " multiple" if form["schema"]["properties"]["file"]["type"] == "array" else ""
        label = f'<label for="{prefix}-body">{"pictures" if several else "picture"}</label>'
        rows.append(f'<div>{label}<input id="{prefix}-body" type="file" name="file" required{several}></div>')
    return (
        f'<details><summary>Try it</summary><form data-method="{method.upper()}" data-path="{escape(path)}">'
        f'{"".join(rows)}<button>Send</button></form><div class="answer" role="status"></div></details>'
    )


def _field(id_: str, parameter: dict[str, Any]) -> str:
    """A label, and what takes a parameter's value."""
    (schema,) = _schemas(parameter)
    values = schema.get("enum", ["true", "false"] if schema.get("type") == "boolean" else [])
    name = escape(parameter["name"])
    about = f'id="{id_}" name="{name}" data-in="{parameter["in"]}"' + (" required" if parameter["required"] else "")
    if values:
        options = "".join(f"<option>{escape(each)}</option>" for each in ["", *values])
        field = f"<select {about}>{options}</select>"
    else:
        field = f"<input {about} {_rules(schema)}>"
    return f'<div><label for="{id_}">{name}</label>{field}</div>'


def _rules(schema: dict[str, Any]) -> str:
    """What an input may take, as HTML has it."""
    if schema.get("type") in ("integer", "number"):
        rules = {"type": "number", "step": "1" if schema["type"] == "integer" else "any"}
        names = {"minimum": "min", "maximum": "max"}
    else:
        rules = {"type": "text", "placeholder": next(iter(schema.get("examples", [])), "")}
        names = {"pattern": "pattern", "maxLength": "maxlength"}
    rules |= {html: str(schema[rule]) for rule, html in names.items() if rule in schema}
    return " ".join(f'{name}="{escape(value)}"' for name, value in rules.items())


def _schemas(parameter: dict[str, Any]) -> list[dict[str, Any]]:
    """What a parameter may be, but for null."""
    return [each for each in parameter["schema"].get("anyOf", [parameter["schema"]]) if each.get("type") != "null"]


def _parameter(parameter: dict[str, Any]) -> tuple[str, str]:
    kinds = _schemas(parameter)
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
