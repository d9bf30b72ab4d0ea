"""The check of a registry: what its configs build, and what is refused of those that are broken."""
