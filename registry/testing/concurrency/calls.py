"""One call of a backend, and what its answer says about the names."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any, final

import attrs

from registry.errors import OperationalError
from registry.model import Entry, Reference
from registry.testing.concurrency.linearizability import ABSENT, NEVER, NOWHERE, PRESENT, Call
from registry.testing.concurrency.programs import Method, Step

_MAY_MISS = (Method.GET, Method.DELETE)
_PUTTING = (Method.SET, Method.SETDEFAULT, Method.APPLY)


@attrs.frozen
class _Said:
    """What the answer to a call says, in the words of `Call`."""

    answer: str
    needs: tuple[tuple[str, int], ...] = ()
    puts: tuple[tuple[str, int], ...] = ()
    offers: tuple[int, ...] = ()
    wrong: str = ""


@final
class Caller:
    """Makes the calls of one round and reads the answers.

    Args:
        backend: What is called.
        names: The names that the letters of steps stand for.
    """

    def __init__(self, backend: Any, names: Mapping[str, str]) -> None:
        self._backend = backend
        self._names = names
        self._numbers = itertools.count(1)
        self._entries: dict[int, Entry[Any]] = {}
        self._clock = itertools.count(1)

    def call(self, step: Step, thread: int, border: Callable[[], None]) -> list[Call]:
        """Make one call; what it was, once for each thing that it says, each of which may have another moment.

        Args:
            step: What to call.
            thread: Who calls.
            border: Called after the begin and before the end.
        """
        names = [self._names[letter] for letter in step.names]
        entries = {
            name: self._entry(name) if step.method in _PUTTING and letter != step.removed else None
            for letter, name in zip(step.names, names, strict=True)
        }
        name, entry = names[0], entries[names[0]]
        raised: BaseException | None = None
        answer: Any = None
        begun = next(self._clock)
        border()
        try:
            answer = self._made(step.method, name, entry, entries)
        except BaseException as error:
            raised = error
        border()
        ended = float(next(self._clock))
        if raised is None:
            said = self._answered(step.method, names, entries, answer)
        elif isinstance(raised, OperationalError):
            said, ended = [_doubt(step, entries, raised)], NEVER
        else:
            said = [_refused(step, entries, raised)]
        text = self._text(step.method, name, entries)
        return [
            Call(thread, f"{text} -> {one.answer}", begun, ended, one.needs, one.puts, one.offers, one.wrong)
            for one in said
        ]

    def _entry(self, name: str) -> Entry[Any]:
        number = next(self._numbers)
        entry: Entry[Any] = Entry(name, Reference(f"{__name__}:Caller"), description=f"#{number}")
        self._entries[number] = entry
        return entry

    def _made(self, method: Method, name: str, entry: Any, entries: Mapping[str, Any]) -> Any:
        backend = self._backend
        match method:
            case Method.GET:
                return backend[name]
            case Method.LOOK:
                found = backend.entries.get(name)
                return found if isinstance(found, Entry) else None
            case Method.CONTAINS:
                return name in backend
            case Method.LIST:
                return list(backend)
            case Method.SET:
                backend[name] = entry
            case Method.DELETE:
                del backend[name]
            case Method.SETDEFAULT:
                return backend.setdefault(name, entry)
            case Method.APPLY:
                backend.apply(entries)
        return None

    def _answered(
        self, method: Method, names: list[str], entries: Mapping[str, Entry[Any] | None], answer: Any
    ) -> list[_Said]:
        name, entry = names[0], entries[names[0]]
        match method:
            case Method.LOOK if answer is None:  # what the dict does not hold says nothing
                return []
            case Method.GET | Method.LOOK:
                return [_Said(_shown(answer), ((name, self._number(answer)),))]
            case Method.CONTAINS:
                return [_Said(repr(bool(answer)), ((name, PRESENT if answer else ABSENT),))]
            case Method.LIST:
                return self._listed(answer)
            case Method.SETDEFAULT:
                number = self._number(answer)
                if answer is entry:
                    return [_Said(_shown(answer), ((name, ABSENT),), ((name, number),))]
                if number == self._number(entry):
                    wrong = "setdefault() returned a copy of the entry that it put, in place of that very object."
                    return [_Said(f"a copy of {_shown(answer)}", wrong=wrong)]
                return [_Said(_shown(answer), ((name, number),), offers=(self._number(entry),))]
            case _:
                needs = tuple((each, PRESENT) for each, put in entries.items() if put is None)
                if method is Method.DELETE:
                    return [_Said("done", ((name, PRESENT),), ((name, ABSENT),))]
                return [_Said("done", needs, tuple(_numbered(entries).items()))]

    def _listed(self, answer: list[Any]) -> list[_Said]:
        ours = [name for name in answer if name in self._names.values()]
        wrong = "" if len(set(ours)) == len(ours) else "list(backend) gave a name twice."
        shown = repr(ours) if len(ours) == len(answer) else f"{ours} and {len(answer) - len(ours)} others"
        return [
            _Said(shown, ((name, PRESENT if name in ours else ABSENT),), wrong=wrong) for name in self._names.values()
        ]

    def _number(self, entry: Any) -> int:
        number = _number_in(entry)
        known = self._entries.get(number)
        return NOWHERE if known is None or known.name != entry.name else number

    def _text(self, method: Method, name: str, entries: Mapping[str, Entry[Any] | None]) -> str:
        if method is Method.APPLY:
            changes = ", ".join(f"{each!r}: {_shown(entry)}" for each, entry in entries.items())
            return str(method.value).format(f"{{{changes}}}")
        return str(method.value).format(repr(name), _shown(entries[name]))


def _doubt(step: Step, entries: Mapping[str, Entry[Any] | None], error: BaseException) -> _Said:
    """The backend failed for reasons of its own: a write may have been made, and may be made later."""
    answer = f"{type(error).__name__}, in doubt"
    numbered = _numbered(entries)
    name = next(iter(entries))
    match step.method:
        case Method.SET:
            return _Said(answer, (), tuple(numbered.items()))
        case Method.SETDEFAULT:
            return _Said(answer, ((name, ABSENT),), tuple(numbered.items()))
        case Method.DELETE:
            return _Said(answer, ((name, PRESENT),), ((name, ABSENT),))
        case Method.APPLY:
            gone = tuple((each, PRESENT) for each, entry in entries.items() if entry is None)
            return _Said(answer, gone, tuple(numbered.items()))
        case _:
            return _Said(answer)


def _refused(step: Step, entries: Mapping[str, Entry[Any] | None], error: BaseException) -> _Said:
    name = next(iter(entries))
    if isinstance(error, KeyError):
        if step.method in _MAY_MISS:
            return _Said("KeyError", ((name, ABSENT),))
        gone = [each for each, entry in entries.items() if entry is None]
        if step.method is Method.APPLY and gone:
            brought = tuple(_number_in(entry) for entry in entries.values() if entry is not None)
            return _Said("KeyError", tuple((each, ABSENT) for each in gone), offers=brought)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    shown = {Method.GET: "backend[name]", Method.SET: "backend[name] = entry", Method.DELETE: "del backend[name]"}
    called = shown.get(step.method, step.method.value.format("name", "entry").replace("apply(name)", "apply(changes)"))
    return _Said(type(error).__name__, wrong=f"{called} raised {what.rstrip('.')}, while other threads called, too.")


def _numbered(entries: Mapping[str, Entry[Any] | None]) -> dict[str, int]:
    return {name: ABSENT if entry is None else _number_in(entry) for name, entry in entries.items()}


def _number_in(entry: Any) -> int:
    text = getattr(entry, "description", None)
    numbered = isinstance(text, str) and text[:1] == "#" and text[1:].isdecimal()
    return int(str(text)[1:]) if numbered else NOWHERE


def _shown(entry: Any) -> str:
    number = _number_in(entry)
    if number != NOWHERE:
        return f"#{number}"
    return "None" if entry is None else f"a {type(entry).__name__} that nobody put"
