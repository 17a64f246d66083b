"""The API's description, complete: what bodies may be, and which problems every path answers with."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from inkdigits.serving import schema
from inkdigits.serving.access import GUARDED
from inkdigits.serving.options import CSV, JSON_LINES
from inkdigits.serving.problems import KINDS, MEDIA_TYPE

Json = dict[str, Any]
_BYTES: Json = {"type": "string", "format": "binary"}
_FORM: Json = {"type": "object", "required": ["file"], "properties": {"file": _BYTES}}
_RAW: Json = {name: {"schema": _BYTES} for name in ("image/*", "application/pdf", "application/octet-stream")}
PICTURE: Json = {  # the body of a request that has one
    "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}} | _RAW}
}
_FILES: Json = {"type": "array", "items": _BYTES, "minItems": 1}
_FORM_OF_SEVERAL: Json = {"type": "object", "required": ["file"], "properties": {"file": _FILES}}
PICTURES: Json = {  # the body of a request that may have several
    "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM_OF_SEVERAL}} | _RAW}
}
READINGS: Json = {  # the body of a request that has what was read
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Readings"}}},
    }
}
TEXTS: dict[int | str, Json] = {  # what may be answered instead of JSON
    200: {"content": {kind: {"schema": {"type": "string"}} for kind in (CSV, JSON_LINES)}}
}
READS = ("gone", "slow", "too-many-bytes", "media-type", "multipart", "usage", "picture", "too-large", "busy", "time")


def problem_responses(*kinds: str) -> dict[int | str, Json]:
    """The `responses` of a path that may answer with these kinds of problems."""
    responses: dict[int | str, Json] = {}
    for status in sorted({KINDS[kind].status for kind in kinds}):
        titles = " · ".join(f"{KINDS[kind].title} (`{kind}`)" for kind in kinds if KINDS[kind].status == status)
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        responses[status] = {"description": titles, "content": content} | _headers(status)
    return responses


def _headers(status: int) -> Json:
    names = {401: "WWW-Authenticate", 503: "Retry-After"}
    return {"headers": {names[status]: {"schema": {"type": "string"}}}} if status in names else {}


def describe_app(app: FastAPI, token: bool) -> Json:
    """The description, made once: with how a token is sent, which is needed if `token`."""
    if app.openapi_schema is None:
        description = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            servers=[{"url": "/", "description": "This service"}],
        )
        components = description.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = schema.Problem.model_json_schema()
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        _add_security(description, token)
        app.openapi_schema = description
    return app.openapi_schema


def _add_security(description: Json, token: bool) -> None:
    """Say of what is guarded that it needs a token, or would, and how it answers without."""
    for path, operations in description["paths"].items():
        if path.startswith(GUARDED):
            for operation in operations.values():
                operation["security"] = [{"token": []}] if token else [{}, {"token": []}]
                operation["responses"] |= {
                    str(status): response for status, response in problem_responses("token").items()
                }
