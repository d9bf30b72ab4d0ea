"""The shapes of bodies and parameters, for the OpenAPI document."""

from typing import Any

from registry.wire.json import MAX_DEPTH, MAX_RECORD

_TOKEN = {
    "type": "string",
    "pattern": r"^[0-9A-Za-z]{1,32}\.(0|[1-9][0-9]{0,18})$",
    "description": "A moment of the store: `<epoch>.<revision>`.",
}
_KEY = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "description": "1 to 255 bytes of UTF-8 without control characters, with no space at its ends.",
}
_NAMESPACE = {**_KEY, "description": "Segments joined by dots, none of them empty; 255 bytes in all."}
_OPERATION = {
    "type": "string",
    "pattern": "^[!-~]{1,64}$",
    "description": "An id of the client's choice. Sent again with the same body, it gives the first answer.",
}
_VALUE = {
    "type": "object",
    "description": f"Any JSON object of at most {MAX_RECORD} bytes, nested at most {MAX_DEPTH} deep.",
}
_EXPECT = {
    "description": "What has to be there: anything, nothing, or the record with this token.",
    "type": "string",
    "anyOf": [{"enum": ["anything", "nothing"]}, {"pattern": _TOKEN["pattern"]}],
}


def _object(
    required: dict[str, Any], optional: dict[str, Any] | None = None, *, closed: bool = False
) -> dict[str, Any]:
    properties = {**required, **({} if optional is None else optional)}
    found: dict[str, Any] = {"type": "object", "properties": properties, "required": list(required)}
    if closed:
        found["additionalProperties"] = False
    return found


_RECORD = {
    "key": _KEY,
    "token": _TOKEN,
    "time": {"type": "number", "description": "When it was written, in seconds since 1970-01-01 UTC."},
    "author": {"type": "string", "description": "Who wrote it: the name of the token, where there are tokens."},
}

SCHEMAS: dict[str, Any] = {
    "Error": _object(
        {
            "code": {"type": "string", "description": "A stable word in kebab-case."},
            "message": {"type": "string", "description": "One sentence."},
            "suggestions": {"type": "array", "items": {"type": "string"}},
            "context": {"type": "object"},
        }
    ),
    "Status": _object({"status": {"type": "string", "enum": ["ok", "ready"]}}),
    "Document": _object({"openapi": {"type": "string"}, "paths": {"type": "object"}}),
    "Record": _object({**_RECORD, "value": _VALUE}),
    "Version": _object({**_RECORD, "value": {**_VALUE, "type": ["object", "null"]}}),
    "History": _object({"key": _KEY, "history": {"type": "array", "items": {"$ref": "#/components/schemas/Version"}}}),
    "Set": _object({"key": _KEY, "value": _VALUE}, {"expect": _EXPECT, "operation": _OPERATION}, closed=True),
    "Apply": _object(
        {
            "changes": {
                "type": "array",
                "minItems": 1,
                "items": _object(
                    {"key": _KEY, "value": {**_VALUE, "type": ["object", "null"]}}, {"expect": _EXPECT}, closed=True
                ),
                "description": "Each key at most once; null removes a key, which has to be there.",
            }
        },
        {"operation": _OPERATION},
        closed=True,
    ),
    "Clear": _object({}, {"operation": _OPERATION}, closed=True),
    "Written": _object({"token": _TOKEN, "operation": _OPERATION}),
    "Cleared": _object(
        {
            "token": _TOKEN,
            "operation": _OPERATION,
            "removed": {"type": "integer", "minimum": 0},
            "parts": {
                "type": "integer",
                "minimum": 0,
                "description": "In how many submissions; more than 1 if the store takes no more at once.",
            },
        }
    ),
    "Keys": _object(
        {
            "keys": {"type": "array", "items": _KEY},
            "next": {**_KEY, "type": ["string", "null"], "description": "What `after` is for the next page."},
            "token": _TOKEN,
        }
    ),
    "Namespaces": _object(
        {
            "namespaces": {
                "type": "array",
                "items": _object({"name": _NAMESPACE, "count": {"type": "integer", "minimum": 1}}),
            },
            "token": _TOKEN,
        }
    ),
    "Operation": _object({"operation": _OPERATION, "namespace": _NAMESPACE, "token": _TOKEN}),
    "Stats": _object(
        {
            "version": {"type": "string"},
            "uptime": {"type": "number"},
            "ready": {"type": "boolean"},
            "read_only": {"type": "boolean"},
            "token": {**_TOKEN, "type": ["string", "null"]},
            "namespaces": {"type": "integer"},
            "entries": {"type": "integer"},
            "watchers": {"type": "integer"},
            "connections": {"type": "integer"},
            "requests": {"type": "object"},
            "writes_waiting": {"type": "integer"},
            "limits": {"type": "object", "additionalProperties": {"type": "number"}},
            "retention": {"type": "object", "additionalProperties": {"type": "number"}},
        }
    ),
}
"""Bodies and answers by name."""


def _parameter(place: str, name: str, schema: dict[str, Any], description: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "schema": schema,
        "description": description,
        **more,
    }


_FLAG = {"type": "string", "enum": ["0", "1"]}
_TAG = {"type": "string", "pattern": r'^"[0-9A-Za-z]{1,32}\.(0|[1-9][0-9]{0,18})"$'}

PATH_PARAMETERS = {
    "namespace": _parameter("path", "namespace", _NAMESPACE, "Percent-encoded."),
    "key": _parameter("path", "key", _KEY, "Percent-encoded, `/` as `%2F`."),
    "id": _parameter("path", "id", _OPERATION, "The id of a write."),
}

PARAMETERS = {
    "min_revision": _parameter("query", "min_revision", _TOKEN, "Wait until the server has seen this moment."),
    "consistent": _parameter("query", "consistent", _FLAG, "1: ask the store itself."),
    "after": _parameter("query", "after", _KEY, "Begin with the key that follows this one."),
    "limit": _parameter("query", "limit", {"type": "integer", "minimum": 1, "maximum": 10_000}, "The most keys."),
    "prefix": _parameter("query", "prefix", {"type": "string"}, "Only keys that begin like this."),
    "operation": _parameter("query", "operation", _OPERATION, "The id of this write."),
    "since": _parameter("query", "since", _TOKEN, "Begin with what came after this moment, else with a snapshot."),
    "namespace": _parameter(
        "query",
        "namespace",
        {"type": "array", "items": _NAMESPACE},
        "Only these namespaces; all that may be seen if none are named.",
        explode=True,
    ),
}

HEADERS = {
    "If-Match": _parameter("header", "If-Match", _TAG, "The token of the record that has to be there."),
    "If-None-Match": _parameter("header", "If-None-Match", _TAG, "The token of the record that the client has."),
    "Last-Event-ID": _parameter(
        "header", "Last-Event-ID", _TOKEN, "The same as `since`, from a stream that broke off."
    ),
}
