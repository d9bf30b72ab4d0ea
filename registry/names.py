"""The grammar of names, and how they are quoted in messages."""

from registry.errors import InvalidNameError

MAX_BYTES = 255
"""Longest name, in bytes of UTF-8."""


def check_name(name: object, what: str = "name") -> None:
    """Refuse what cannot be a name: it has 1 to 255 bytes of UTF-8, no control characters, no space at its ends.

    Names that are not strings (enum members, tuples) only have to be hashable.

    Raises:
        InvalidNameError: With the reason.
    """
    if type(name) is str and name.isidentifier() and name.isascii() and len(name) <= MAX_BYTES:
        return  # nearly all are like this
    if isinstance(name, str):
        reason = _fault(name)
    else:
        try:
            hash(name)
        except TypeError:
            reason = f"a {type(name).__name__} is not hashable"
        else:
            reason = "None stands for no name" if name is None else None
    if reason is not None:
        raise InvalidNameError(
            f"{quote(name)} cannot be a {what}: {reason}.",
            suggestions=["Use 1 to 255 bytes of printable text without spaces at its ends."],
        )


def check_namespace(namespace: object) -> None:
    """Refuse what cannot be the name of a namespace: segments joined by dots, none empty, 255 bytes in all.

    What is true of a name is true of each segment.

    Raises:
        InvalidNameError: With the reason.
    """
    if not isinstance(namespace, str):
        reason: str | None = "it is not text"
    else:
        reason = _fault(namespace)
        if reason is None and "." in namespace:
            faults = map(_fault, namespace.split("."))
            reason = next((f"{fault} between dots" for fault in faults if fault is not None), None)
    if reason is not None:
        raise InvalidNameError(
            f"{quote(namespace)} cannot be a namespace: {reason}.",
            suggestions=["Write it like 'research.losses': printable text, with a dot between segments."],
        )


def _fault(name: str) -> str | None:
    if name.isascii() and name.isprintable() and 0 < len(name) <= MAX_BYTES and name[0] != " " != name[-1]:
        return None
    if not name:
        return "it is empty"
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "it holds half of a surrogate pair"
    if size > MAX_BYTES:
        return f"it has {size} bytes"
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in name):
        return "it holds a control character"
    if name != name.strip():
        return "it begins or ends with a space"
    return None


WHOLE = 500
"""The limit of `quote` for paths and URLs, which are of use only as a whole."""


def quote(value: object, limit: int = 80) -> str:
    """A name or value for a message: quoted, on one line, and no longer than is worth reading.

    >>> quote("huber")
    "'huber'"
    """
    if type(value) is str and value.isidentifier() and len(value) <= limit:
        return f"'{value}'"  # nearly all are like this
    if isinstance(value, str | bytes) and len(value) > limit:
        return f"{value[:limit]!r}…"
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 4 * limit:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, dict | list | tuple | set | frozenset):
        return f"a {type(value).__name__} of {len(value)}"
    try:
        text = repr(value)
    except Exception:  # a user's __repr__ must not hide the message it stands in
        return f"a {type(value).__name__}"
    if len(text) > limit:
        text = text[:limit] + "…"
    if not text.isprintable():  # a user's __repr__ may have several lines, or what a terminal would obey
        text = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
    return text
