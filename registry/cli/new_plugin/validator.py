"""A package with a validator, which registries get through a plugin."""

from registry.distribution import entry_point_group

WORDS = {
    "summary": "Asks for an annotation at every parameter of what is registered",
    "group": entry_point_group("plugins"),
    "leads_to": "<<module>>.plugin",
}

README = """\
# <<name>>

<<summary>>.

It is a plugin: registries that ask for plugins have it as soon as it is installed.

```python
from registry import function_registry
from registry.plugins import plugin_manager

losses = function_registry("losses", plugins=plugin_manager())
```

Elsewhere, pass the validator itself: `Registry("losses", validators=[annotated()])`.
"""

MODULE = '''\
"""<<summary>>."""

from inspect import signature
from typing import Any

from registry import ValidationContext, ValidationError
from registry.protocols import Validator


def annotated(*, ignore: tuple[str, ...] = ("self", "cls")) -> Validator:
    """A validator that every parameter has an annotation.

    Args:
        ignore: Parameters that need none.
    """

    def validate(artifact: Any, context: ValidationContext, /) -> None:
        try:
            parameters = signature(artifact).parameters.values()
        except Exception:  # data, or something written in C; and some objects raise anything when they are looked at
            return
        bare = [each.name for each in parameters if each.annotation is each.empty and each.name not in ignore]
        if bare:
            raise ValidationError(
                f"{context.entry!r} has parameters without an annotation: {', '.join(bare)}.",
                suggestions=["Annotate them."],
                context={"parameters": bare},
            )

    return validate
'''

PLUGIN = '''\
"""The hooks by which registries get the validator."""

from registry.plugins import hookimpl
from registry.protocols import RegistryView, Validator

from <<module>> import annotated


@hookimpl
def registry_validators(registry: RegistryView) -> list[Validator]:
    """Registries of functions and of classes have it; what others hold may have no parameters."""
    return [annotated()] if registry.kind in ("function", "type") else []
'''

TEST = '''\
"""The package fits, and does what it says."""

import pytest
from registry import ValidationError, function_registry
from registry.plugins import plugin_manager
from registry.testing import check_plugin, check_validator

from <<module>> import annotated, plugin


def good(prediction: float, target: float, *, scale: float = 1.0) -> float:
    return scale * abs(prediction - target)


def bad(prediction, target):  # type: ignore[no-untyped-def]  # that is what is wrong with it
    return prediction - target


def test_what_is_installed_can_be_imported_and_has_the_right_hooks() -> None:
    assert check_plugin("<<name>>").plugins == ("<<part>>",)


def test_the_validator_keeps_the_promises_of_validators() -> None:
    check_validator(annotated, accepts=[good], refuses=[bad])


def test_a_registry_with_the_plugin_refuses_a_function_without_annotations() -> None:
    losses = function_registry("losses", plugins=plugin_manager(plugin, installed=False))
    losses.register("good", good)
    with pytest.raises(ValidationError, match="prediction, target"):
        losses.register("bad", bad)
    assert list(losses) == ["good"]
'''

FILES = {
    "README.md": README,
    "<<module>>/__init__.py": MODULE,
    "<<module>>/plugin.py": PLUGIN,
    "tests/test_<<module>>.py": TEST,
}
