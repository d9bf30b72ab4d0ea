"""Checks a validator."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from registry.errors import ValidationError
from registry.model import ValidationContext
from registry.names import quote
from registry.protocols import Validator
from registry.testing import corpus

THREADS = 4
SECONDS = 20.0
"""How long a verdict on one artifact may take."""

Make = Callable[[], Validator]


@attrs.frozen
class Verdict:
    """What a validator said.

    Attributes:
        refused: The type and the message of the refusal; None when it accepted.
        crash: What else it raised.
        result: What it returned.
    """

    refused: tuple[type, str] | None = None
    crash: BaseException | None = attrs.field(default=None, eq=False)
    result: Any = attrs.field(default=None, eq=False)

    def __str__(self) -> str:
        if self.crash is not None:
            return f"raised {type(self.crash).__name__}"
        if self.refused is not None:
            return f"refused with {self.refused[1]!r}"
        return "accepted" if self.result is None else f"gave a {type(self.result).__name__}"


def check_validator(
    make: Make,
    *,
    accepts: Iterable[Any] = (),
    refuses: Iterable[Any] = (),
    hostile: Mapping[str, Callable[[], Any]] | None = None,
) -> None:
    """Check that a validator keeps the contract of `Validator`.

    It accepts and refuses what it is said to, refuses with a ValidationError and nothing else, says the same when it is
    asked again, by another instance or from several threads, leaves the artifact as it was, and has a verdict on
    objects that do not behave (`corpus.OBJECTS`): what such an object raises itself it may let through, which refuses
    it too.

    Args:
        make: Gives a new validator.
        accepts: Artifacts that it has to accept.
        refuses: Artifacts that it has to refuse.
        hostile: What makes objects that it has to have a verdict on, by description; `corpus.OBJECTS` by default.

    Raises:
        AssertionError: One sentence, and the calls that show it.
    """
    objects = corpus.OBJECTS if hostile is None else hostile
    fault = next(_faults(make, list(accepts), list(refuses), objects), None)
    if fault is not None:
        sentence, artifact = fault
        raise AssertionError(
            f"{sentence}\n    validator = make()\n    validator({artifact}, {_shown_context()})"
        ) from None


Fault = tuple[str, str]


def _faults(
    make: Make, accepts: Sequence[Any], refuses: Sequence[Any], hostile: Mapping[str, Callable[[], Any]]
) -> Iterator[Fault]:
    validator = make()
    for wanted, artifacts in ((True, accepts), (False, refuses)):
        for artifact in artifacts:
            shown = quote(artifact)
            yield from _of_one(validator, artifact, shown, wanted)
            yield from _says_again(make(), validator, artifact, shown, "another instance")
    for what, made in hostile.items():
        shown = f"corpus.OBJECTS[{what!r}]()" if hostile is corpus.OBJECTS else f"hostile[{what!r}]()"
        verdict = _verdict_in_time(validator, made)
        if verdict is None:
            yield f"The validator has no verdict on a hostile object within {SECONDS:g} s.", shown
        elif verdict.crash is not None and not isinstance(verdict.crash, corpus.Misbehaved):
            crash = f"{type(verdict.crash).__name__}: {_text_of(verdict.crash)}"
            yield f"The validator has no verdict on a hostile object: it raised {crash}.", shown
    yield from _from_threads(validator, [*accepts, *refuses])


def _of_one(validator: Validator, artifact: Any, shown: str, accept: bool) -> Iterator[Fault]:
    before = _Snapshot.of(artifact)
    verdict = _verdict(validator, artifact)
    if verdict.crash is not None:
        crash = f"{type(verdict.crash).__name__}: {_text_of(verdict.crash)}"
        yield f"The validator raised {crash}, and a refusal is a ValidationError.", shown
        return
    if accept and verdict.refused is not None:
        yield f"The validator refuses what it is said to accept: {verdict.refused[1]}", shown
    if not accept and verdict.refused is None:
        yield "The validator accepts what it is said to refuse.", shown
    changed = before.difference(artifact)
    if changed is not None:
        yield f"The validator changed the artifact that it looked at: {changed}.", shown
    yield from _says_again(validator, validator, artifact, shown, "the second call")
    if accept and verdict.refused is None and verdict.result is not None and verdict.result is not artifact:
        again = _verdict(validator, verdict.result)
        if again.refused is not None or again.crash is not None:
            yield f"The validator coerced the artifact to something that it does not accept itself: it {again}.", shown


def _says_again(second: Validator, first: Validator, artifact: Any, shown: str, whose: str) -> Iterator[Fault]:
    one, other = _verdict(first, artifact), _verdict(second, artifact)
    if not _alike(one, other, artifact):
        yield f"The validator says different things about one artifact: it {one}, and {whose} {other}.", shown


def _from_threads(validator: Validator, artifacts: Sequence[Any]) -> Iterator[Fault]:
    expected = [_verdict(validator, artifact) for artifact in artifacts]
    found: list[list[Verdict]] = []
    start = threading.Barrier(THREADS)

    def look() -> None:
        start.wait()
        found.append([_verdict(validator, artifact) for _ in range(10) for artifact in artifacts])

    threads = [threading.Thread(target=look, daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    if len(found) < THREADS:
        yield f"The validator does not answer {THREADS} threads within {SECONDS:g} s.", "artifact"
        return
    for verdicts in found:
        for index, verdict in enumerate(verdicts):
            place = index % len(artifacts)
            if not _alike(expected[place], verdict, artifacts[place]):
                said = f"alone it {expected[place]}, beside other threads it {verdict}"
                yield f"The validator says something else from several threads: {said}.", quote(artifacts[place])
                return


# ---------------------------------------------------------------------------------------------------- verdicts


def _context() -> ValidationContext:
    return ValidationContext("registry", "entry")


def _shown_context() -> str:
    return "ValidationContext('registry', 'entry')"


def _verdict(validator: Validator, artifact: Any) -> Verdict:
    try:
        return Verdict(result=validator(artifact, _context()))
    except ValidationError as error:
        return Verdict(refused=(type(error), error.message))
    except Exception as error:  # whatever it is, it is no verdict
        return Verdict(crash=error)


def _verdict_in_time(validator: Validator, make: Callable[[], Any]) -> Verdict | None:
    found: list[Verdict] = []
    thread = threading.Thread(target=lambda: found.append(_verdict(validator, make())), daemon=True)
    thread.start()
    thread.join(SECONDS)
    return found[0] if found else None


def _alike(first: Verdict, second: Verdict, artifact: Any) -> bool:
    if first.crash is not None or second.crash is not None:
        return type(first.crash) is type(second.crash)
    if first.refused != second.refused:
        return False
    one, other = (artifact if result is None else result for result in (first.result, second.result))
    if one is other or type(one) is not type(other):
        return one is other
    # what is coerced is made anew each time: equal, or an instance that does not compare
    return bool(one == other) or not _compares(type(one))


def _compares(kind: Any) -> bool:
    return kind.__eq__ is not object.__eq__


def _text_of(error: BaseException) -> str:
    try:
        return " ".join(str(error).split())
    except Exception:  # a text that raises
        return "…"


# ---------------------------------------------------------------------------------------------------- changes


@attrs.frozen
class _Snapshot:
    """What an artifact was like."""

    attributes: dict[str, object]
    content: str | None

    @classmethod
    def of(cls, artifact: Any) -> "_Snapshot":
        return cls(_attributes(artifact), _content(artifact))

    def difference(self, artifact: Any) -> str | None:
        """What is different now, as a clause."""
        now = _attributes(artifact)
        for name in {**self.attributes, **now}:
            appeared = name not in self.attributes
            if appeared and name.startswith("__") and name.endswith("__"):
                continue  # Python keeps what it works out under such names
            if self.attributes.get(name) != now.get(name):
                how = "appeared" if appeared else "is gone" if name not in now else "is another object"
                return f"its attribute {quote(name)} {how}"
        return "its content is another" if self.content != _content(artifact) else None


def _attributes(artifact: Any) -> dict[str, object]:
    """The attributes by identity; texts as they are, since Python makes some of them anew each time."""
    found: dict[str, object] = {}
    try:
        values = {str(name): value for name, value in vars(artifact).items()}
        for name in ("__defaults__", "__kwdefaults__", "__doc__", "__name__"):
            values[name] = getattr(artifact, name, None)
    except Exception:  # without attributes, or with such that cannot be looked at
        return found
    return {name: value if type(value) is str else id(value) for name, value in values.items()}


def _content(artifact: Any) -> str | None:
    return repr(artifact) if isinstance(artifact, dict | list | set | bytearray) else None
