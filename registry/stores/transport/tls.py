"""What TLS trusts and shows."""

from collections.abc import Callable
from typing import TYPE_CHECKING, final

from registry.errors import DiagnosticError, ValidationError
from registry.names import quote

if TYPE_CHECKING:
    from ssl import SSLContext


@final
class Trust:
    """Gives the context for TLS: made when it is first needed, since that reads files and takes a while.

    Args:
        given: One, a function that gives it, or None for what the system trusts.
    """

    __slots__ = ("_context", "_given")

    def __init__(self, given: "SSLContext | Callable[[], SSLContext] | None") -> None:
        self._given = given
        self._context: SSLContext | None = None

    def context(self) -> "SSLContext":
        """The context.

        Raises:
            ValidationError: There is none.
        """
        context = self._context
        if context is None:
            context = self._context = self._made()
        return context

    def _made(self) -> "SSLContext":
        import ssl

        given = self._given
        try:
            found = given() if callable(given) else ssl.create_default_context() if given is None else given
        except DiagnosticError:  # one of ours says by itself what is wrong
            raise
        except Exception as error:
            raise ValidationError(
                f"The function that was given as 'tls' failed: {type(error).__name__}: {error}",
                suggestions=["See the exception above."],
            ) from error
        if not isinstance(found, ssl.SSLContext):
            raise ValidationError(
                f"'tls' has to be an ssl.SSLContext or a function that gives one, not {quote(found)}.",
                suggestions=["Make one with ssl.create_default_context(cafile=...)."],
            )
        return found
