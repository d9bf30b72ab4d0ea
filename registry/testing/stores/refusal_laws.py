"""What a store has to refuse, and how: names, submissions, sizes."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from registry.errors import InvalidNameError, RevisionConflictError, TooLargeError, ValidationError
from registry.records.plain import canonical
from registry.revisions import NOTHING_THERE, Change, Token
from registry.testing.stores.steps import Snap
from registry.testing.stores.world import StoreWorld

RECORD = b'{"n":1}'


def _write(world: StoreWorld, *changes: Change) -> Token:
    world.submit("a", list(changes), world.operation())
    return Token(world.model.epoch, world.model.newest)


def the_winner_is_named(world: StoreWorld) -> None:
    won = _write(world, Change("x", RECORD))
    promise = "A RevisionConflictError has to say in its context where it was, and what is there."
    line = "store.submit('a', [Change('x', b'{\"n\":2}', NOTHING_THERE)], operation='late').result()"
    change = Change("x", b'{"n":2}', NOTHING_THERE)
    error: Any = world.history.refused(
        line,
        lambda: world.store.submit("a", [change], operation="late").result(world.patience),
        RevisionConflictError,
        promise,
    )
    context = error.context
    current = context.get("current") or {}
    kept = (context.get("namespace"), context.get("name"), current.get("token")) == ("a", "x", str(won))
    world.history.check(kept and current.get("record") == RECORD.decode(), promise, f"had the context {context!r}")


def what_cannot_be_a_name_is_refused_by_every_question(world: StoreWorld) -> None:
    store, promise = world.store, "What cannot be a name or a namespace has to be refused by an InvalidNameError."
    for bad in ("", "a\nb", " a", "x" * 256, "\ud800", 3, None):
        name: Any = bad
        questions: dict[str, Callable[[], object]] = {
            f"store.get('a', {bad!r})": partial(store.get, "a", name),
            f"store.history('a', {bad!r})": partial(store.history, "a", name),
            _submitted("a", name): partial(_submit, world, "a", [Change(name, b"{}")]),
        }
        _refuse_all(world, questions, promise)
    for bad in ("", ".", "a..b", ".a", 3, None):
        space: Any = bad
        questions = {
            f"store.get({bad!r}, 'x')": partial(store.get, space, "x"),
            f"store.snapshot({bad!r})": partial(store.snapshot, space),
            f"store.watch(since=store.token(), namespaces=[{bad!r}])": partial(
                store.watch, since=store.token(), namespaces=[space]
            ),
            _submitted(space, "x"): partial(_submit, world, space, [Change("x", b"{}")]),
        }
        _refuse_all(world, questions, promise)


def _submitted(namespace: Any, name: Any) -> str:
    return f"store.submit({namespace!r}, [Change({name!r}, b'{{}}')], operation='bad').result()"


def _submit(world: StoreWorld, namespace: str, changes: Sequence[Change], **options: Any) -> Token:
    return world.store.submit(namespace, changes, **{"operation": "bad", **options}).result(world.patience)


def what_cannot_be_stored_at_all_is_refused(world: StoreWorld) -> None:
    bad: list[tuple[Sequence[Any], dict[str, Any]]] = [
        ([], {}),
        ([Change("x", RECORD), Change("x", b'{"n":2}')], {}),
        ([Change("x", "text")], {}),  # type: ignore[arg-type]  # on purpose
        ([Change("x", RECORD, "anything")], {}),  # type: ignore[arg-type]  # on purpose
        ([Change("x", RECORD)], {"operation": ""}),
        ([Change("x", RECORD)], {"operation": "o" * 65}),
        ([Change("x", RECORD)], {"operation": "é"}),
        ([Change("x", RECORD)], {"operation": "a b"}),
        ([Change("x", RECORD)], {"author": "x" * 256}),
        ([Change("x", RECORD)], {"author": "\ud800"}),
    ]
    promise = "A submission that cannot be stored at all has to be refused by a ValidationError."
    for changes, said in bad:
        options = {"operation": world.operation(), **said}
        given = ", ".join(f"{key}={value!r}" for key, value in options.items())
        ask = partial(_submit, world, "a", changes, **options)

        world.history.lines.clear()
        world.history.note(f"store = {world.made}")
        world.history.refused(f"store.submit('a', {list(changes)!r}, {given}).result()", ask, ValidationError, promise)
    Snap("a").take(world)
    world.submit("a", [Change("x", RECORD)], "o" * 64, "x" * 255)  # the longest that can be


def more_than_the_limits_allow_is_refused(world: StoreWorld) -> None:
    limits = world.history.call("limits = store.limits", lambda: world.store.limits)
    promise = "More than `limits` allows has to be refused by a TooLargeError, whose context has the limits."
    large: dict[str, list[Change]] = {}
    many = [Change(f"n{number}", RECORD) for number in range(min(limits.changes, 100_000) + 1)]
    if limits.changes < len(many):
        large["[Change(f'n{n}', b'{\"n\":1}') for n in range(limits.changes + 1)]"] = many
    if limits.size <= 64 << 20:
        large["[Change('x', bytes(limits.size))]"] = [Change("x", bytes(limits.size))]
    for line, changes in large.items():
        error: Any = world.history.refused(
            f"store.submit('a', {line}, operation='large').result()",
            partial(_submit, world, "a", changes, operation="large"),
            TooLargeError,
            promise,
        )
        kept = {"changes": limits.changes, "size": limits.size}.items() <= error.context.items()
        world.history.check(kept, promise, f"has the context {error.context}")
    Snap("a").take(world)
    if limits.changes <= 10_000:
        listed = "[Change(f'n{n}', b'{\"n\":1}') for n in range(limits.changes)]"
        line = f"store.submit('b', {listed}, operation='most').result()"
        promise = "As many changes as `limits` allows must not be refused."
        world.history.call(line, partial(_submit, world, "b", many[:-1], operation="most"), promise)
        with world.history.call("store.snapshot('b').count", partial(world.store.snapshot, "b")) as snapshot:
            world.history.check(snapshot.count == limits.changes, promise, f"is {snapshot.count}")


def any_bytes_come_back_or_are_refused(world: StoreWorld) -> None:
    promise = "The bytes of a record have to come back as they were given, unless a ValidationError refuses them."
    for record in (b"", b"\0", bytes(range(256)), b'{ "b": 1.0, "a": 1 }', b"[1]", b'{"long":"%s"}' % (b"x" * 5000)):
        shown, operation = repr(record) if len(record) < 50 else f"{record[:20]!r} + ...", world.operation()
        line = f"future = store.submit('a', [Change('x', {shown})], operation={operation!r})"
        submit = partial(world.store.submit, "a", [Change("x", record)], operation=operation)
        answer = world.history.call(line, submit)
        error = answer.exception(world.patience)
        if error is None:
            stored = world.history.call("store.get('a', 'x')", lambda: world.store.get("a", "x"))
            found = None if stored is None else stored.record
            world.history.check(_same_record(record, found), promise, f"gave {found!r}")
        else:
            world.history.check(isinstance(error, ValidationError), promise, f"raised {error!r}")


def _refuse_all(world: StoreWorld, questions: dict[str, Callable[[], object]], promise: str) -> None:
    for line, ask in questions.items():
        world.history.lines.clear()
        world.history.note(f"store = {world.made}")
        world.history.refused(line, ask, InvalidNameError, promise)


def _same_record(given: bytes, found: bytes | None) -> bool:
    """Whether bytes came back; what is sent as a part of a JSON body may have lost the spaces between its values."""
    if found is None or given == found:
        return found is not None
    try:
        return canonical(json.loads(given)) == canonical(json.loads(found))
    except ValueError:
        return False


LAWS = (
    the_winner_is_named,
    what_cannot_be_a_name_is_refused_by_every_question,
    what_cannot_be_stored_at_all_is_refused,
    more_than_the_limits_allow_is_refused,
    any_bytes_come_back_or_are_refused,
)
"""Each is tried on a new store."""
