"""The page for people: one document, with its style and script in it, that asks the server for everything it shows."""

import html
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import final

import attrs

from registry.distribution import DISTRIBUTION, __version__

SCRIPTS = ("telling.js", "following.js", "searching.js", "showing.js", "acting.js")
"""What the script is made of, in its order."""


@final
@attrs.frozen
class Page:
    """A document.

    Attributes:
        body: HTML in UTF-8.
        policy: The Content-Security-Policy that lets it run, and nothing else.
        tag: The ETag.
    """

    body: bytes
    policy: str
    tag: str


@cache
def page() -> Page:
    """The page, which is the same for everybody: it holds no data."""
    style, script = _read("page.css"), '"use strict";\n(() => {\n' + "".join(map(_read, SCRIPTS)) + "})();\n"
    text = _read("page.html")
    for place, content in (
        ("{style}", style),
        ("{script}", script),
        ("{version}", html.escape(f"{DISTRIBUTION} {__version__}")),
    ):
        text = text.replace(place, content, 1)
    policy = [
        "default-src 'none'",
        f"style-src {_hash_of(style)}",
        f"script-src {_hash_of(script)}",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ]
    body = text.encode()
    return Page(body, "; ".join(policy), f'"{sha256(body).hexdigest()[:16]}"')


def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def _hash_of(text: str) -> str:
    """What a policy calls an inline element (https://www.w3.org/TR/CSP3/#match-element-to-source-list)."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
