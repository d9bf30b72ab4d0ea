"""Where the references of a schema lead: to schemas that were given, never into the network."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema.validators import Draft202012Validator  # type: ignore[import-untyped]  # has no types
from jsonschema_specifications import REGISTRY as SPECIFICATIONS  # type: ignore[import-untyped]  # has no types
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import specification_with

from registry import ValidationError

DIALECT = Draft202012Validator.META_SCHEMA["$schema"]
"""What a schema is taken for that does not say it."""


def known_schemas(others: Mapping[str, Any]) -> "Registry[Any]":
    """The schemas that references may lead to, the metaschemas of JSON Schema among them. It fetches nothing."""
    given: Registry[Any] = Registry()
    given = given.with_resources([(address, _resource(schema)) for address, schema in others.items()])
    return given.combine(SPECIFICATIONS)


def check_references(schema: Any, known: "Registry[Any]") -> None:
    """Follow each reference once.

    Raises:
        ValidationError: Some of them lead to nothing that was given.
    """
    root = _resource(schema)
    missing = list(dict.fromkeys(_missing(root, known.resolver_with_root(root), set())))
    if missing:
        raise leading_nowhere(missing)


def leading_nowhere(missing: list[str]) -> ValidationError:
    """The error for references that lead nowhere."""
    one = len(missing) == 1
    return ValidationError(
        f"The JSON Schema refers to {' and '.join(map(repr, missing))}, which {'is' if one else 'are'} not known here:"
        " nothing is fetched.",
        suggestions=[f"Pass the schema: matches(…, others={{{address!r}: …}})." for address in missing],
        context={"references": missing},
    )


def _missing(resource: "Resource[Any]", resolver: Any, seen: set[int]) -> Iterator[str]:
    contents = resource.contents
    if id(contents) in seen:
        return
    seen.add(id(contents))
    for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
        address = contents.get(keyword) if isinstance(contents, Mapping) else None
        if isinstance(address, str):
            try:
                found = resolver.lookup(address)
            except Unresolvable:
                yield address
            else:  # what it leads to may refer to more
                yield from _missing(_resource(found.contents), found.resolver, seen)
    for inner in resource.subresources():
        yield from _missing(inner, resolver.in_subresource(inner), seen)


def _resource(schema: Any) -> "Resource[Any]":
    said = schema.get("$schema") if isinstance(schema, Mapping) else None
    return specification_with(said if isinstance(said, str) else DIALECT).create_resource(schema)
