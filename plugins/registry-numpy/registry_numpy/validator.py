"""A validator that an artifact is a function of arrays."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from registry import ValidationContext, ValidationError
from registry_numpy.shapes import read_shapes
from registry_numpy.trial import ANY, Trial

if TYPE_CHECKING:
    from registry_numpy.trial import Fill

SHOWN = 3
"""How many faults the message itself spells out; all are in the context."""


def array_function(
    signature: str, *, dtypes: Sequence[Any] = ("float64",), gives: Any = ANY, fill: "Fill | None" = None
) -> "ArrayFunction":
    """A validator that the artifact is a function which takes and gives arrays of these shapes and dtypes.

    It is called once for each of the dtypes, with small arrays whose dimensions all have different sizes, and must not
    change them. Its other parameters need defaults. Where a dimension may be left out, it is called without it, too.

    Args:
        signature: The shapes, as NumPy writes them for generalized ufuncs: `(n),(n)->()`.
        dtypes: What arguments it has to take: a dtype for all of them, or a tuple with one for each.
        gives: The dtype that it has to give: one, an abstract one like `numpy.floating`, or "same" for that of its
            first argument; any by default.
        fill: Makes the arguments, `fill(shape, dtype, number)`, for functions that do not take any small positive
            numbers. It must give the same ones each time.

    Raises:
        ValidationError: The signature is none, or does not go with the dtypes.
    """
    shapes = read_shapes(signature)
    if isinstance(dtypes, str) or not dtypes:
        raise ValidationError(
            f"{dtypes!r} is no list of dtypes.", suggestions=["Write it like dtypes=['float32', 'float64']."]
        )
    for each in dtypes:
        if isinstance(each, tuple) and len(each) != len(shapes.takes):
            raise ValidationError(
                f"{each!r} has {len(each)} dtypes, and {shapes.text!r} takes {len(shapes.takes)} arguments.",
                suggestions=["Name one dtype for each argument, or a single one for all."],
            )
    return ArrayFunction(Trial(shapes, tuple(dtypes), gives, fill))


@attrs.frozen
class ArrayFunction:
    """What `array_function` makes."""

    kind: ClassVar = "function"
    trial: Trial

    def __call__(self, artifact: Any, context: ValidationContext, /) -> None:
        text = self.trial.shapes.text
        try:
            name, faults = _name(artifact), self._faults(artifact)
        except Exception as error:  # an artifact may be any object, and raise whatever is asked of it
            name, faults = None, [f"looking at it raises {type(error).__name__}"]
        if not faults:
            return
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise ValidationError(
            f"{(str(context.entry) if name is None else name)!r} is not a function {text}: "
            f"{'; '.join(faults[:SHOWN])}{more}.",
            suggestions=[f"Let it take and give arrays as {text!r} says, and leave its arguments unchanged."],
            context={"registry": context.registry, "entry": str(context.entry), "signature": text, "faults": faults},
        )

    def _faults(self, artifact: Any) -> list[str]:
        if not callable(artifact) or isinstance(artifact, type):
            return [f"it is {'a class' if isinstance(artifact, type) else f'a {type(artifact).__name__}'}"]
        return self.trial.faults(artifact)

    def __repr__(self) -> str:
        return f"array_function({self.trial.shapes.text!r})"


def _name(artifact: Any) -> str | None:
    name = getattr(artifact, "__qualname__", None)
    return name if isinstance(name, str) else None
