"""Configs as documents: read from files, text and the network, laid over one another, changed by overrides.

    document = load_files(["base.yaml", "mine.yaml"], overrides=["trainer.epochs=3"])

A reader makes a document of a text, a source makes one of a URL. Both are plain functions; more of them can be passed.
"""

from registry.config.json_reader import read_json
from registry.config.layers import lay_over
from registry.config.load import load_file, load_files
from registry.config.overrides import apply_overrides
from registry.config.readers import READERS, Reader
from registry.config.sources import SOURCES, Source, http_source, jsonrpc_source, load_url
from registry.config.toml_reader import read_toml
from registry.config.yaml_reader import read_yaml

__all__ = [
    "READERS",
    "SOURCES",
    "Reader",
    "Source",
    "apply_overrides",
    "http_source",
    "jsonrpc_source",
    "lay_over",
    "load_file",
    "load_files",
    "load_url",
    "read_json",
    "read_toml",
    "read_yaml",
]
