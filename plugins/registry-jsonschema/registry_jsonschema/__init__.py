"""Checks data that is registered against a JSON Schema, through the jsonschema library."""

from registry_jsonschema.matching import matches

__all__ = ["matches"]
