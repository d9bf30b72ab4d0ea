"""The pieces of an answer that is read while it comes, with the errors of a store."""

from collections.abc import Callable, Iterator

from registry.errors import RemoteError
from registry.stores.transport import failures
from registry.stores.transport.garbled import GarbledError
from registry.stores.transport.requests import Answer


def blocks_of(answer: Answer, late: Callable[[], RemoteError]) -> Iterator[bytes]:
    """The body of an answer in pieces, each as soon as it is there.

    Args:
        answer: The answer.
        late: Gives the error for when nothing comes in time.

    Raises:
        RemoteError: It breaks off, or is none.
    """
    try:
        yield from answer.connection.reader.blocks(answer.head)
    except TimeoutError as error:
        raise late() from error
    except OSError as error:
        raise failures.broken(answer.address, error) from error
    except GarbledError as error:
        raise failures.unusable(answer.address, f"sent {error}") from error
