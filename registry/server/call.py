"""One request, taken apart."""

from collections.abc import Mapping
from typing import final
from urllib.parse import parse_qsl

from aiohttp import web

from registry.closeness import did_you_mean
from registry.errors import EntryNotFoundError, RegistryNotFoundError, ValidationError
from registry.names import check_name, check_namespace, quote
from registry.revisions import Token
from registry.server.access import Access
from registry.server.routes import Route

_MOST_PARAMETERS = 1000


@final
class Call:
    """What a request asks, by whom.

    Args:
        request: The request.
        route: Its route.
        access: What its sender may do.
        first: The first variable segment of the path as text, "" if there is none.
        second: The second one.
        query: The query string.
    """

    __slots__ = ("access", "first", "query", "request", "route", "second")

    def __init__(
        self, request: web.BaseRequest, route: Route, access: Access, first: str, second: str, query: str
    ) -> None:
        self.request = request
        self.route = route
        self.access = access
        self.first = first
        self.second = second
        self.query = query

    @property
    def is_head(self) -> bool:
        """Whether only the head of the answer is wanted."""
        return self.request.method == "HEAD"

    def parameters(self) -> dict[str, str]:
        """The parameters of the query, each once.

        Raises:
            ValidationError: One is unknown, stands there twice, or is not UTF-8.
        """
        found: dict[str, str] = {}
        for name, value in self.pairs():
            if name in found:
                raise ValidationError(f"The parameter {quote(name)} stands in the query twice.")
            found[name] = value
        return found

    def pairs(self) -> list[tuple[str, str]]:
        """The same, as they stand there.

        Raises:
            ValidationError: One is unknown or is not UTF-8.
        """
        if not self.query:
            return []
        try:
            pairs = parse_qsl(
                self.query,
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=_MOST_PARAMETERS,
            )
            for pair in pairs:
                "".join(pair).encode()  # a byte that is no UTF-8 may have come as half of a surrogate pair
        except ValueError as error:
            raise ValidationError("The query cannot be read.", suggestions=["Encode it as RFC 3986 says."]) from error
        for name, _ in pairs:
            if name not in self.route.query:
                known = ", ".join(map(quote, self.route.query))
                raise ValidationError(
                    f"There is no parameter {quote(name)} here.",
                    suggestions=did_you_mean(name, self.route.query) or ([f"Use {known}."] if known else []),
                    context={"parameter": quote(name)},
                )
        return pairs


def flag(parameters: Mapping[str, str], name: str) -> bool:
    """A parameter that is 1 or 0.

    Raises:
        ValidationError: It is something else.
    """
    value = parameters.get(name, "0")
    if value not in ("0", "1"):
        raise ValidationError(f"The parameter {quote(name)} is 1 or 0, not {quote(value)}.")
    return value == "1"


def whole_number(parameters: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A parameter that is a number from 1 on.

    Raises:
        ValidationError: It is something else.
    """
    value = parameters.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 19 and 1 <= int(value) <= most):
        raise ValidationError(f"The parameter {quote(name)} is a number from 1 to {most}, not {quote(value)}.")
    return int(value)


def token_of(parameters: Mapping[str, str], name: str) -> Token | None:
    """A parameter that is a token.

    Raises:
        ValidationError: It is something else.
    """
    value = parameters.get(name)
    return None if value is None else Token.parse(value)


def no_namespace(namespace: str) -> RegistryNotFoundError:
    """What somebody is told who may not see a namespace, whether it is there or not."""
    check_namespace(namespace)
    return RegistryNotFoundError(
        f"There is no namespace {quote(namespace)} here.",
        suggestions=["Ask with a token whose scopes cover it."],
        context={"namespace": namespace},
    )


def no_entry(namespace: str, key: str) -> EntryNotFoundError:
    """What somebody is told who asks for a key that is not there."""
    check_namespace(namespace)
    check_name(key, "key")
    return EntryNotFoundError(
        f"{quote(key)} is not in the namespace {quote(namespace)}.",
        suggestions=["Look for it with GET /registry/<namespace>/keys."],
        context={"namespace": namespace, "name": key},
    )
