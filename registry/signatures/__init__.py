"""What a callable takes and gives, read from code as it is found in the wild."""

from registry.signatures.reading import read_schema

__all__ = ["read_schema"]
