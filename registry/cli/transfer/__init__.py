"""Namespaces as files: written by `registry export`, read back by `registry import`."""
