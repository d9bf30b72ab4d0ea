"""The addresses of a namespace server."""

from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

from registry.errors import ValidationError

GET, KEYS, SET, DELETE, APPLY, CLEAR, SNAPSHOT, HISTORY = (
    "get",
    "keys",
    "set",
    "delete",
    "apply",
    "clear",
    "snapshot",
    "history",
)


def namespace_path(namespace: str, verb: str, key: str | None = None) -> str:
    """The path of what is done with a namespace, or with one key of it.

    >>> namespace_path("research.losses", "get", "a/b c")
    '/registry/research.losses/get/a%2Fb%20c'
    """
    path = f"/registry/{quote(namespace, safe='')}/{verb}"
    return path if key is None else f"{path}/{quote(key, safe='')}"


def decoded(segment: str) -> str:
    """A percent-encoded segment of a path as text.

    Raises:
        ValidationError: It is not UTF-8.
    """
    try:
        return unquote_to_bytes(segment).decode()
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        shown = quote_from_bytes(segment.encode(errors="replace"))
        raise ValidationError(
            f"'{shown}' in the path is not percent-encoded UTF-8.", suggestions=["Encode it as RFC 3986 says."]
        ) from error
