"""Plain data as YAML that means the same to every reader: of version 1.1 or 1.2, ours or another."""

import json
import re
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_./-]|[: ](?=[A-Za-z0-9_]))*", re.ASCII)
"""What needs no quotes, unless it is one of the words below."""

_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""What YAML 1.1 or 1.2 takes for something else than text, in any letter case."""

_LONGEST_SIMPLE_KEY = 1000
"""Code points; 1,024 is where an implicit key ends (YAML 1.2.2, section 7.4.2)."""


def yaml_lines(value: Any, indent: str = "") -> list[str]:
    """The lines of a mapping or list that is not empty, in block style; texts stay on one line."""
    deeper = f"{indent}  "
    lines: list[str] = []
    if isinstance(value, dict):
        for key, child in value.items():
            written = _text(key)
            explicit = len(written) > _LONGEST_SIMPLE_KEY
            if explicit:
                lines.append(f"{indent}? {written}")
                written = ""
            if _is_block(child):
                lines.append(f"{indent}{written}:")
                lines += yaml_lines(child, deeper)
            else:
                lines.append(f"{indent}{written}: {_scalar(child)}")
        return lines
    for child in value:
        if _is_block(child):
            first, *rest = yaml_lines(child, deeper)
            lines += [f"{indent}- {first[len(deeper) :]}", *rest]
        else:
            lines.append(f"{indent}- {_scalar(child)}")
    return lines


def _is_block(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _scalar(value: Any) -> str:
    return _text(value) if isinstance(value, str) else json.dumps(value, allow_nan=False)


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    written = json.dumps(text, ensure_ascii=False)  # a JSON text is a double-quoted scalar of YAML
    return written if written.isprintable() else "".join(map(_escaped, written))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
