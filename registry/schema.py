"""What a callable takes and gives, as values."""

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import attrs

from registry.model import MISSING, NOTHING


@attrs.frozen
class Parameter:
    """One parameter.

    Attributes:
        name: As a config writes it.
        kind: `inspect.Parameter.POSITIONAL_ONLY` and so on.
        annotation: The type, resolved and without its constraints; MISSING when there is none or it cannot be known.
        default: MISSING when the parameter has to be given; `inspect.Parameter.empty` never occurs.
        constraints: What `Annotated` adds to the type: those of annotated-types, and callables that raise ValueError.
        open: Left for the caller of what is built; a config cannot fix it.
    """

    name: str
    kind: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
    annotation: Any = MISSING
    default: Any = MISSING
    constraints: tuple[Any, ...] = ()
    open: bool = False

    @property
    def required(self) -> bool:
        """Whether a config has to give it."""
        return self.default is MISSING and not self.open


@attrs.frozen(slots=False, eq=False)
class Schema:
    """The parameters of an artifact.

    Attributes:
        name: What the artifact is called where it is defined.
        parameters: By name, in order, without `*args` and `**kwargs`.
        rest: The `*args` parameter, where there is one.
        extra: The `**kwargs` parameter, where unknown names really arrive somewhere.
        returns: The type of what a call makes; MISSING when it is not known. For a class the class itself.
        opaque: The signature cannot be read: anything is accepted.
        makes_function: A build does not call the artifact but fixes parameters of it and leaves the open ones to the
            caller of the result; `returns` is then the signature of the result.
        plain: A call may pass parameters by position and write defaults out: a Python function, or a class whose
            construction is its own `__init__` and nothing else.
        read_descriptions: Gives the description of the artifact under "" and those of parameters under their names.
    """

    name: str
    parameters: Mapping[str, Parameter] = NOTHING
    rest: Parameter | None = None
    extra: Parameter | None = None
    returns: Any = MISSING
    opaque: bool = False
    makes_function: bool = False
    plain: bool = False
    read_descriptions: Callable[[], Mapping[str, str]] = attrs.field(default=dict, repr=False)

    @cached_property
    def descriptions(self) -> Mapping[str, str]:
        """What the docstring says: of the artifact under "", of parameters under their names. Read when first asked."""
        return self.read_descriptions()

    @property
    def description(self) -> str:
        """The artifact's own description, in one paragraph."""
        return self.descriptions.get("", "")


def changed(schema: Schema, **changes: Any) -> Schema:
    """A schema that differs in some attributes: `attrs.evolve` in a fifth of its time, since a class takes three."""
    found: Schema = object.__new__(Schema)
    attributes = vars(found)
    attributes.update(vars(schema), **changes)
    attributes.pop("descriptions", None)  # those that were read belong to the other one
    return found


@attrs.frozen(repr=False)
class ForeignType:
    """Stands in an annotation for a type whose code is not here: it has a name, and nothing is known not to fit it.

    Attributes:
        name: Its address, `package.module:Qualified.name`, or whatever text is known of it.
        arguments: What stands in brackets behind it.
        values: All that a config may write for it, where that is known: the values and names of an enum's members.
    """

    name: str
    arguments: tuple[Any, ...] = ()
    values: tuple[Any, ...] | None = None
    _kinds: tuple[type, ...] = attrs.field(init=False)  # 1 and True are equal and do not mean the same

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_kinds", tuple(map(type, self.values or ())))

    def __str__(self) -> str:
        return self._with_arguments(self.name.rpartition(":")[2], str)

    def __repr__(self) -> str:
        return self._with_arguments(self.name.replace(":", ".", 1), repr)

    def _with_arguments(self, name: str, shown: Callable[[Any], str]) -> str:
        named = (item.__qualname__ if isinstance(item, type) else shown(item) for item in self.arguments)
        return f"{name}[{', '.join(named)}]" if self.arguments else name
