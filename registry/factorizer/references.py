"""The explaining path through `_ref`: one object in several places, and objects that were given."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from registry.factorizer import language
from registry.factorizer.assignable import assignable
from registry.factorizer.forms import ANY, DictForm, ItemsForm, TupleForm
from registry.factorizer.recipe import BROKEN, Constant, Recipe
from registry.factorizer.site import Site
from registry.names import quote
from registry.paths import Path, format_path, parse_path, step_into

if TYPE_CHECKING:
    from registry.factorizer.walk import Walk


class References:
    """Follows references. A reference to a node is that node, one to a plain value is that value in its own place."""

    def __init__(self, walk: "Walk", root: Any, given: Mapping[str, Any]) -> None:
        self._walk = walk
        self._report = walk.report
        self._root = root
        self._given = given
        self._trail: list[Path] = []

    def reference(self, config: Mapping[Any, Any], site: Site, path: Path) -> Recipe:
        """The recipe of a mapping with `_ref`."""
        self._report.not_alone(language.REF, config, path)
        text, at = config[language.REF], (*path, language.REF)
        if type(text) is not str or not text:
            self._report.no_path(f"'_ref' is a path from the root, not {quote(text)}.", at)
            return BROKEN
        try:
            target = parse_path(text)
        except ValueError as error:
            self._report.no_path(str(error), at)
            return BROKEN
        if target[0] == language.GIVEN:
            name = format_path(target[1:])
            if name in self._given:
                return self._object(self._given[name], site, at)
            if not self._has(target):
                self._report.nothing_given(name, self._given, at)
                return BROKEN
        return self._follow(self._canonical(target), text, site, path, at)

    def lookup(self, path: Path) -> Any:
        """What stands at a path of the config.

        Raises:
            LookupError: Nothing stands there.
        """
        value = self._root
        for step in path:
            value = step_into(value, step)
        return value

    def home(self, path: Path) -> Site:
        """The site of a path, as a walk from the root comes to it."""
        site = Site(ANY)
        value = self._root
        for depth, step in enumerate(path):
            if type(value) is dict and language.TYPE in value and language.RAW not in value:
                site = self._walk.nodes.parameter_site(value, site, path[:depth], step)
            elif isinstance(site.form, ItemsForm | DictForm):
                site = site.inside(site.form.item)
            elif isinstance(site.form, TupleForm) and type(step) is int and step < len(site.form.items):
                site = site.inside(site.form.items[step])
            elif step != language.RAW:
                site = site.inside(ANY)
            value = step_into(value, step)
        return site

    # ------------------------------------------------------------------------------------------------

    def _object(self, value: Any, site: Site, at: Path) -> Recipe:
        if not assignable(type(value), site.form.annotation):
            self._report.wrong_type(value, site, at)
        return Constant(value)

    def _follow(self, target: Path, text: str, site: Site, path: Path, at: Path) -> Recipe:
        sources = [*self._trail, path]
        for position, source in enumerate(sources):
            if source[: len(target)] == target:
                self._report.cycle([*sources[position:], target], at)
                return BROKEN
        try:
            value = self.lookup(target)
        except LookupError:
            self._report.leads_nowhere(self._root, target, text, at)
            return BROKEN
        home = self.home(target)
        self._trail.append(path)
        try:
            if type(value) is dict and language.TYPE in value and language.RAW not in value:
                # a node is what it is at home: there its registry and its parameter's type are decided
                return self._walk.nodes.node(value, home, target)
            return self._walk.visit(value, attrs.evolve(home, form=site.form), target)
        finally:
            self._trail.pop()

    def _canonical(self, target: Path) -> Path:
        """The path with the references on its way followed, so that a thing has one path."""
        followed: set[Path] = set()
        position = 1
        while position < len(target):
            prefix = target[:position]
            try:
                value = self.lookup(prefix)
            except LookupError:
                return target
            position += 1
            if type(value) is not dict or type(value.get(language.REF)) is not str or prefix in followed:
                continue
            followed.add(prefix)
            try:
                target = (*parse_path(value[language.REF]), *target[len(prefix) :])
            except ValueError:
                return target
            position = 1
        return target

    def _has(self, path: Path) -> bool:
        try:
            self.lookup(path)
        except LookupError:
            return False
        return True
