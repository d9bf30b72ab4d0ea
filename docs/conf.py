"""How Sphinx makes pages of this folder: `make docs`."""

import re
from typing import Any

from registry.distribution import __version__

project = "registry"
author = "the authors of registry"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"registry {release}"
html_show_copyright = False
html_copy_source = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

nitpicky = False  # signatures name what other packages document, or do not
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

ELSEWHERE = {
    r"\]\(\.\./plugins/([\w-]+)/README\.md\)": r"](plugins/\1.md)",
    r"\]\(\.\./benchmarks/\w+\.md\)": "](results.md)",
}
"""What lies outside of this folder in the repository, and the page that shows it here."""


def _link(app: Any, page: str, source: list[str]) -> None:
    """Lead the links of a page to pages."""
    for link, here in ELSEWHERE.items():
        source[0] = re.sub(link, here, source[0])


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _link)
