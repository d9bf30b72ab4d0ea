"""An error of the server arrives at the client as the same class, with the same message, suggestions and context."""

import json
from functools import cache

from registry import errors
from registry.errors import DiagnosticError, RemoteError
from registry.wire.json import read, write

_STATUS: dict[type[DiagnosticError], int] = {
    errors.EntryNotFoundError: 404,
    errors.RegistryNotFoundError: 404,
    errors.RevisionConflictError: 409,
    errors.OperationReusedError: 409,
    errors.DuplicateEntryError: 409,
    errors.TooLargeError: 413,
    errors.AccessDeniedError: 403,
    errors.ValidationError: 400,
    errors.OverloadedError: 503,
    errors.StoreError: 503,
    errors.UnknownOutcomeError: 504,
    errors.RemoteError: 502,
    errors.OperationalError: 500,
}


def status_of(error: DiagnosticError) -> int:
    """The HTTP status of an error: 4xx when trying again cannot help, 5xx when it might."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)


def error_body(error: DiagnosticError) -> bytes:
    """An error as the body of an answer."""
    return write(
        {
            "code": error.code,
            "message": error.message,
            "suggestions": list(error.suggestions),
            "context": json.loads(json.dumps(error.context, default=repr)),
        }
    )


def read_error(status: int, body: bytes) -> DiagnosticError:
    """The error that an answer carries; a RemoteError when it carries none of ours."""
    try:
        value = read(body, "answer")
        kind: type[DiagnosticError] = _kinds().get(value["code"], RemoteError)
        message, suggestions, context = value["message"], value["suggestions"], value["context"]
        if not (isinstance(message, str) and all(isinstance(text, str) for text in suggestions)):
            raise TypeError(message)
        return kind(message, suggestions=suggestions, context={**context, "status": status})
    except (DiagnosticError, KeyError, TypeError, AttributeError):  # not one of our servers, or something in front
        return RemoteError(
            f"The server answered {status} without saying why.",
            suggestions=["Make sure that the URL is that of a namespace server, and look into its log."],
            context={"status": status},
        )


@cache
def _kinds() -> dict[str, type[DiagnosticError]]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DiagnosticError)]
    return {kind.code: kind for kind in kinds}
