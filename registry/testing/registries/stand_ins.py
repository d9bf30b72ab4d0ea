"""Functions that stand in for artifacts: they have their signatures, and keep what they receive."""

import functools
import inspect
from collections.abc import Callable, Mapping
from keyword import iskeyword
from typing import Any

import attrs

from registry.factorizer.structured import is_structured
from registry.protocols import Resolve, Target
from registry.testing.generation.worlds import structured_target

_ARRIVED = "_kit_arrived_"
_DEFAULT = "_kit_default_"
_NONE_GIVEN = object()
"""Stands for the default `Parameter.empty`."""


@attrs.frozen(eq=False)
class Received:
    """What a stand-in received; it stands for the object that the artifact would have made.

    Attributes:
        artifact: The artifact in whose place it was called.
        arguments: By parameter, defaults included, as Python itself bound them.
        rest: What its `*args` received.
        extra: What its `**kwargs` received.
    """

    artifact: Any
    arguments: Mapping[str, Any]
    rest: tuple[Any, ...]
    extra: Mapping[str, Any]


class StandIns:
    """`Resolve` with stand-ins in the places of artifacts. Schemas stay those of the artifacts.

    Attributes:
        calls: What stand-ins received, in order.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._standing: dict[int, tuple[Target, Target]] = {}
        self._structured: dict[type, Target] = {}
        self._behind: dict[int, StandIn] = {}
        self.calls: list[Received] = []

    def target(self, name: Any, registry: str | None, parent: str | None, wanted: Any, /) -> Target:
        """What a node means by its `_type`."""
        return self._stood_in(self._resolve.target(name, registry, parent, wanted))

    def target_of(self, cls: type, /) -> Target | None:
        """The entry under which a class is registered, or the class if it shows its fields."""
        found = self._resolve.target_of(cls)
        if found is None and is_structured(cls):
            if cls not in self._structured:
                self._structured[cls] = structured_target(cls)
            found = self._structured[cls]
        return None if found is None else self._stood_in(found)

    def behind(self, function: Any) -> "StandIn | None":
        """The stand-in that a function is."""
        return self._behind.get(id(function))

    def defaults_of(self, artifact: Any) -> Mapping[str, Any]:
        """What the parameters of an artifact are when nothing is given."""
        return next((each.defaults for each in self._behind.values() if each.artifact is artifact), {})

    def _stood_in(self, target: Target) -> Target:
        known = self._standing.get(id(target))
        if known is None:
            stand_in = StandIn.of(target, self.calls.append)
            self._behind[id(stand_in.function)] = stand_in
            known = (target, attrs.evolve(target, artifact=stand_in.function, compiled=None))
            self._standing[id(target)] = known  # the first keeps the id from being given again
        return known[1]


@attrs.frozen(eq=False)
class StandIn:
    """One stand-in.

    Attributes:
        artifact: What it stands for.
        function: What is called.
        signatures: How: each has to accept a call. None of them accepts anything.
    """

    artifact: Any
    function: Callable[..., Any]
    signatures: tuple[inspect.Signature, ...]

    @classmethod
    def of(cls, target: Target, tell: Callable[[Received], None]) -> "StandIn":
        """The stand-in for an artifact; `tell` gets what it receives."""
        artifact, signatures = target.artifact, signatures_of(target)

        def arrived(arguments: Mapping[str, Any], rest: tuple[Any, ...], extra: Mapping[str, Any]) -> Received:
            received = Received(artifact, arguments, rest, extra)
            tell(received)
            return received

        if len(signatures) == 1 and _can_be_written(signatures[0]):
            return cls(artifact, _written(signatures[0], arrived), signatures)

        def stand_in(*args: Any, **kwargs: Any) -> Received:
            received = _received(artifact, signatures, args, kwargs, inspect.Signature.bind)
            return arrived(received.arguments, received.rest, received.extra)

        return cls(artifact, stand_in, signatures)

    @property
    def defaults(self) -> Mapping[str, Any]:
        """What its parameters are when nothing is given."""
        return {name: each.default for signature in self.signatures for name, each in signature.parameters.items()}

    def received_by(self, partial: "functools.partial[Any]") -> Received:
        """What a partial of it has received so far, without defaults.

        Raises:
            TypeError: It could never be called.
        """
        bind = inspect.Signature.bind_partial
        return _received(self.artifact, self.signatures, partial.args, partial.keywords, bind)


# ---------------------------------------------------------------------------------------------------- making


def signatures_of(target: Target) -> tuple[inspect.Signature, ...]:
    """The signatures that a call of an artifact has to fit, as Python tells them; none where it does not."""
    artifact = target.artifact
    if target.schema is None or target.schema.opaque:
        return ()
    try:
        if inspect.isclass(artifact) and type(artifact).__call__ is type.__call__:
            functions = [each for each in (artifact.__new__, artifact.__init__) if inspect.isfunction(each)]
            if functions and not isinstance(getattr(artifact, "__signature__", None), inspect.Signature):
                # `inspect` shows the nearer one; both get all of the arguments
                return tuple(_without_first(_signature(each)) for each in functions)
        return (_signature(artifact),)
    except Exception:  # a wild object raises anything when it is looked at
        return ()


def _signature(artifact: Any) -> inspect.Signature:
    """The signature, in which a default that is `Parameter.empty` itself looks like one."""
    signature = inspect.signature(artifact)
    defaults = getattr(artifact, "__kwdefaults__", None) or {}
    parameters = [
        each.replace(default=_NONE_GIVEN) if each.name in defaults and each.default is each.empty else each
        for each in signature.parameters.values()
    ]
    return signature.replace(parameters=parameters)


def _without_first(signature: inspect.Signature) -> inspect.Signature:
    first, *others = signature.parameters.values()
    kept = [first, *others] if first.kind is first.VAR_POSITIONAL else others
    return signature.replace(parameters=kept)


def _can_be_written(signature: inspect.Signature) -> bool:
    return all(
        name.isascii() and name.isidentifier() and not iskeyword(name) and not name.startswith("_kit_")
        for name in signature.parameters
    )


def _written(signature: inspect.Signature, arrived: Callable[..., Received]) -> Callable[..., Any]:
    """A Python function of this signature, so that Python itself binds what it is called with."""
    scope: dict[str, Any] = {_ARRIVED: arrived}
    texts: list[str] = []
    names: list[str] = []
    rest, extra = "()", "{}"
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    for index, (name, parameter) in enumerate(signature.parameters.items()):
        kind = parameter.kind
        if kind is parameter.KEYWORD_ONLY and parameter.VAR_POSITIONAL not in kinds and "*" not in texts:
            texts.append("*")
        if kind is parameter.VAR_POSITIONAL:
            texts.append(f"*{name}")
            rest = name
        elif kind is parameter.VAR_KEYWORD:
            texts.append(f"**{name}")
            extra = name
        else:
            names.append(name)
            default = ""
            if parameter.default is not parameter.empty:
                scope[f"{_DEFAULT}{index}"] = parameter.default
                default = f"={_DEFAULT}{index}"
            texts.append(f"{name}{default}")
        if kind is parameter.POSITIONAL_ONLY and kinds[index + 1 : index + 2] != [kind]:
            texts.append("/")
    listed = ", ".join(f"{name!r}: {name}" for name in names)
    source = f"def stand_in({', '.join(texts)}):\n    return {_ARRIVED}({{{listed}}}, {rest}, {extra})"
    exec(compile(source, "<stand-in>", "exec"), scope)
    function: Callable[..., Any] = scope["stand_in"]
    return function


def _received(
    artifact: Any,
    signatures: tuple[inspect.Signature, ...],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    bind: Callable[..., inspect.BoundArguments],
) -> Received:
    """What a call gives to the parameters of signatures that all have to accept it."""
    if not signatures:
        return Received(artifact, {}, args, kwargs)
    arguments: dict[str, Any] = {}
    extras: dict[str, Any] = {}
    rests: list[tuple[Any, ...]] = []
    for signature in signatures:
        bound = bind(signature, *args, **kwargs)
        if bind is inspect.Signature.bind:
            bound.apply_defaults()
        rest: tuple[Any, ...] = ()
        for name, value in bound.arguments.items():
            kind = signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                rest = value
            elif kind is inspect.Parameter.VAR_KEYWORD:
                extras.update(value)
            else:
                arguments[name] = value
        rests.append(rest)
    extra = {name: value for name, value in extras.items() if name not in arguments}
    return Received(artifact, arguments, min(rests, key=len), extra)
