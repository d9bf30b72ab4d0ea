"""Reads JSON (RFC 8259)."""

from typing import Any

import attrs

from registry.config.json_scanner import HALF_PAIR, JsonScanner
from registry.config.places import locator
from registry.config.plain import exceeds
from registry.config.text import empty, read_text
from registry.document import Document
from registry.model import Limits
from registry.names import WHOLE, quote
from registry.problems import Problem


def read_json(data: bytes | str, name: str = "", limits: Limits | None = None) -> Document:
    """The document of a JSON text."""
    limits = Limits() if limits is None else limits
    text = read_text(data, name)
    if isinstance(text, Problem):
        return Document(None, name, (text,))
    if not text.content.strip():
        return Document(None, name, (empty(text),))

    import json

    watch = _Watch()
    value: Any = None
    try:
        value = watch.load(text.content)
    except json.JSONDecodeError as error:
        message = f"{quote(name, WHOLE)} is not JSON: {error.msg[:1].lower()}{error.msg[1:]}."
        return Document(None, name, (text.problem("bad-document", message, error.pos, error.pos),))
    except RecursionError:
        watch.is_odd = True
        too_deep: Problem | None = text.problem("limit-exceeded", "The document is too deep to be read.", 0, 0)
    else:
        too_deep = None
    if not (watch.is_odd or exceeds(value, limits) or HALF_PAIR.search(text.content)):
        return Document(value, name, (), locator(text, lambda: JsonScanner(text, limits).scan().place))
    scanner = JsonScanner(text, limits).scan()
    problems = scanner.problems
    if any(problem.code == "limit-exceeded" for problem in problems):
        value = None
    elif too_deep is not None:
        problems.append(too_deep)
    return Document(value, name, tuple(problems), locator(text, lambda: scanner.place))


@attrs.define
class _Watch:
    """Loads a text and remembers whether there was something odd in it that has to be located."""

    is_odd: bool = False

    def load(self, content: str) -> Any:
        import json

        try:
            return json.loads(content, object_pairs_hook=self._object, parse_constant=self._constant)
        except json.JSONDecodeError:
            raise
        except ValueError:  # an integer that is too long; asking about each from the start would slow all of them down
            self.is_odd = True
            hooks: dict[str, Any] = {"object_pairs_hook": self._object, "parse_constant": self._constant}
            return json.loads(content, parse_int=_integer, **hooks)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            self.is_odd = True
        return value

    def _constant(self, text: str) -> float:
        self.is_odd = True
        return float(text)


def _integer(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
