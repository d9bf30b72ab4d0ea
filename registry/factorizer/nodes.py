"""The explaining path through nodes: mappings that build an object."""

import inspect
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from registry.closeness import close_matches
from registry.errors import DiagnosticError
from registry.factorizer import language
from registry.factorizer.annotations import Forms
from registry.factorizer.assignable import union_members
from registry.factorizer.forms import ANY, Form
from registry.factorizer.recipe import BROKEN, Call, Constant, Recipe
from registry.factorizer.reports import settable
from registry.factorizer.site import Site
from registry.model import MISSING
from registry.paths import Path
from registry.protocols import Resolve, Target
from registry.schema import Parameter, Schema

if TYPE_CHECKING:
    from registry.factorizer.walk import Walk

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Nodes:
    """Finds what nodes stand for and binds their parameters. A node has one recipe, however often it is referred to."""

    def __init__(self, walk: "Walk", resolve: Resolve, forms: Forms) -> None:
        self._walk = walk
        self._report = walk.report
        self._resolve = resolve
        self._forms = forms
        self._known: dict[Path, Recipe] = {}

    @property
    def count(self) -> int:
        """How many nodes were met."""
        return len(self._known)

    def forget(self, count: int) -> None:
        """Forget the nodes met last, so that only `count` remain: their problems have to be met again."""
        while len(self._known) > count:
            self._known.popitem()

    def node(self, config: Mapping[Any, Any], site: Site, path: Path) -> Recipe:
        """The recipe of a mapping with `_type`."""
        recipe = self._known.get(path)
        if recipe is None:
            reserved = {key: config[key] for key in language.RESERVED if key in config}
            self._report.reserved_values(reserved, path)
            target = self._target(config, site, path)
            if target is None:
                recipe = self._children(config, site, path)
            else:
                recipe = self.call(config, target, site, path, reserved)
            self._known[path] = recipe
        return recipe

    def call(
        self, config: Mapping[Any, Any], target: Target, site: Site, path: Path, reserved: Mapping[str, Any]
    ) -> Recipe:
        """The recipe that calls a target with the parameters of a mapping."""
        schema = target.schema
        label = str(target.name)
        at = (*path, language.TYPE) if language.TYPE in reserved else path
        if schema is None:
            self._report.not_checked(target.name, at)
            schema = Schema(label, opaque=True)
        inner = Site(ANY, target.registry or site.registry, label, len(path))
        args, given = self._positional(reserved.get(language.ARGS), schema, inner, path)
        named: dict[str, Recipe] = {}
        order: list[Recipe] = []
        for key, value in config.items():
            if key in reserved:
                order += args if key == language.ARGS else ()
                continue
            recipe = self._argument(key, value, config, schema, inner, path, given)
            if type(key) is str:
                named[key] = recipe
                order.append(recipe)
        as_partial = reserved.get(language.PARTIAL) is True
        if not as_partial and type(reserved.get(language.ARGS, ())) in (list, tuple):
            missing = [p.name for p in schema.parameters.values() if p.required and p.name not in {*named, *given}]
            for name in _without_misspelt(missing, named, schema):
                self._report.missing(name, label, path, at)
        arguments, keywords = _arranged(schema, args, named)
        declared = {name: recipe for name, recipe in keywords.items() if name in schema.parameters}
        extra = {name: recipe for name, recipe in keywords.items() if name not in declared}
        as_partial = as_partial or schema.makes_function
        makes = partial if as_partial else schema.returns
        return Call(target.artifact, target.name, path, arguments, declared, extra, tuple(order), makes, as_partial)

    def parameter_site(self, config: Mapping[Any, Any], site: Site, path: Path, name: Any) -> Site:
        """The site of a node's parameter. Problems on the way are left to the walk, which comes by itself."""
        with self._report.findings.trial(keep=False):
            target = self._target(config, site, path)
        if target is None or target.schema is None:
            return attrs.evolve(site, form=ANY)
        form = self._form(target.schema.parameters.get(name))
        return Site(form, target.registry, str(target.name), len(path))

    # ------------------------------------------------------------------------------------------------

    def _target(self, config: Mapping[Any, Any], site: Site, path: Path) -> Target | None:
        registry = config.get(language.REGISTRY)
        name, at = config[language.TYPE], (*path, language.TYPE)
        if name is None or isinstance(name, dict | list | bool | float):
            self._report.no_name(name, at)
            return None
        chosen = registry if type(registry) is str else None
        try:
            target = self._resolve.target(name, chosen, site.registry, single(site.form.annotation))
        except DiagnosticError as error:
            if error.code == "registry-not-found":
                at = (*path, language.REGISTRY)
            suggestions = error.suggestions if self._report.may_compare() else ()
            self._report.findings.error(error.code, error.message, at, suggestions)
            return None
        if target.deprecated is not None:
            self._report.deprecated(name, target.deprecated, at)
        if target.artifact is not MISSING and not callable(target.artifact):
            self._report.not_buildable(name, target.artifact, at)
            return None
        return target

    def _children(self, config: Mapping[Any, Any], site: Site, path: Path) -> Recipe:
        """Look at the children of a node that stands for nothing: they may have mistakes of their own."""
        inner = attrs.evolve(site, form=ANY)
        for key, value in config.items():
            if key == language.ARGS and isinstance(value, list | tuple):
                for index, item in enumerate(value):
                    self._walk.visit(item, inner, (*path, key, index))
            elif key not in language.RESERVED:
                if not _may_be_parameter(key):
                    self._report.key(key, (*path, key), ())
                self._walk.visit(value, inner, (*path, key))
        return BROKEN

    def _positional(self, values: Any, schema: Schema, site: Site, path: Path) -> tuple[list[Recipe], set[str]]:
        """The recipes of `_args`, and the parameters that they are for."""
        recipes: list[Recipe] = []
        given: set[str] = set()
        if not isinstance(values, list | tuple):
            return recipes, given
        places = [parameter for parameter in schema.parameters.values() if parameter.kind in _BY_POSITION]
        for index, value in enumerate(values):
            at = (*path, language.ARGS, index)
            parameter = places[index] if index < len(places) else schema.rest
            if parameter is None and not schema.opaque:
                self._report.too_many(site.owner, len(places), len(values), at)
            if parameter is not None and parameter.open:
                self._report.open_parameter(parameter.name, site.owner, at, on_key=False)
            if index < len(places):
                given.add(places[index].name)
            recipes.append(self._walk.visit(value, site.inside(self._form(parameter)), at))
        return recipes, given

    def _argument(
        self,
        key: Any,
        value: Any,
        config: Mapping[Any, Any],
        schema: Schema,
        site: Site,
        path: Path,
        given: set[str],
    ) -> Recipe:
        at = (*path, key)
        parameter = schema.parameters.get(key) if type(key) is str else None
        if parameter is None:
            taken = (schema.opaque or schema.extra is not None) and _may_be_parameter(key)
            if not taken:
                self._report.key(key, at, ())
            parameter = schema.extra
            if type(key) is not str or (parameter is None and not schema.opaque):
                self._report.unknown_key(key, config, settable(schema), site.owner, path)
        elif parameter.open:
            self._report.open_parameter(key, site.owner, at, on_key=True)
        elif key in given:
            self._report.given_twice(key, site.owner, at)
        return self._walk.visit(value, site.inside(self._form(parameter)), at)

    def _form(self, parameter: Parameter | None) -> Form:
        return ANY if parameter is None else self._forms.of(parameter.annotation, parameter.constraints)


def _may_be_parameter(key: Any) -> bool:
    """Whether an artifact that does not name its parameters may have this one.

    What begins with an underscore is rather a reserved key gone wrong.
    """
    return type(key) is str and not key.startswith("_")


def _without_misspelt(missing: list[str], named: Mapping[str, Recipe], schema: Schema) -> list[str]:
    """The missing parameters that no unknown key was meant for: a misspelt name is one mistake, not two."""
    if not missing or schema.extra is not None or schema.opaque:
        return missing
    meant = {match for key in named if key not in schema.parameters for match in close_matches(key, missing, limit=1)}
    return [name for name in missing if name not in meant]


def single(annotation: Any) -> Any:
    """The annotation without None, where that leaves one type."""
    members = [member for member in union_members(annotation) if member is not type(None)]
    return members[0] if len(members) == 1 else annotation


def _arranged(
    schema: Schema, args: list[Recipe], named: Mapping[str, Recipe]
) -> tuple[tuple[Recipe, ...], dict[str, Recipe]]:
    """Positional and keyword arguments: what is positional-only goes by position, defaults filling the gaps."""
    arguments = list(args)
    keywords = dict(named)
    only = [p for p in schema.parameters.values() if p.kind is inspect.Parameter.POSITIONAL_ONLY and not p.open]
    last = max((index for index, p in enumerate(only) if p.name in named), default=-1)
    for p in only[len(arguments) : last + 1]:
        recipe = keywords.pop(p.name, None)
        arguments.append(Constant(p.default) if recipe is None else recipe)
    return tuple(arguments), keywords
