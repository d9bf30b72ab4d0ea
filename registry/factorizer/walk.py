"""The explaining path: through a whole config, collecting every problem and the recipe of what can be built.

It is complete and slow; `fast` is quick for the common case and must agree with it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from registry.document import Document
from registry.factorizer import language
from registry.factorizer.annotations import Forms
from registry.factorizer.assignable import assignable
from registry.factorizer.findings import Findings
from registry.factorizer.forms import (
    ConstrainedForm,
    DictForm,
    Form,
    HookForm,
    ItemsForm,
    ObjectForm,
    ScalarForm,
    TupleForm,
    TypedDictForm,
    UnionForm,
)
from registry.factorizer.nodes import Nodes
from registry.factorizer.recipe import BROKEN, NONE, Call, Recipe
from registry.factorizer.references import References
from registry.factorizer.reports import Reports
from registry.factorizer.site import Site
from registry.paths import Path, format_path
from registry.problems import Problem
from registry.protocols import Resolve, Target


class Walk:
    """One way through one config.

    Args:
        document: The config, its value in plain form and within the limits.
        resolve: Answers what names stand for.
        given: Live objects by name, for `_ref: given.name`.
        forms: The forms of annotations.
        target_of: The entry or structured class that a mapping builds for an annotated class, if any.
        visits: How many values may be looked at; references let a small config stand for a large one.
    """

    def __init__(
        self,
        document: Document,
        resolve: Resolve,
        given: Mapping[str, Any],
        forms: Forms,
        target_of: Callable[[type], Target | None],
        visits: int,
    ) -> None:
        self.target_of = target_of
        self.report = Reports(Findings(document))
        self.nodes = Nodes(self, resolve, forms)
        self._references = References(self, document.value, given)
        self._root = document.value
        self._visits_left = visits
        self._attempts: dict[tuple[Path, int], Recipe | None] = {}

    def whole(self, part: Path = ()) -> Recipe:
        """The recipe of the whole config, or of a part of it that references may lead out of."""
        try:
            value = self._references.lookup(part)
        except LookupError:
            self.report.leads_nowhere(self._root, part, format_path(part), ())
            return BROKEN
        return self.visit(value, self._references.home(part), part)

    def problems(self) -> list[Problem]:
        """What was found, in document order."""
        return self.report.findings.problems()

    def visit(self, value: Any, site: Site, path: Path) -> Recipe:
        """The recipe for any value: the keys of the language here, the rest by the form of its place."""
        self._visits_left -= 1
        if self._visits_left < 0:
            if self._visits_left == -1:
                self.report.too_large(path)
            return NONE
        if type(value) is dict and not site.raw:
            if language.RAW in value:
                self.report.not_alone(language.RAW, value, path)
                return self.visit(value[language.RAW], attrs.evolve(site, raw=True), (*path, language.RAW))
            if language.REF in value:
                return self._fit(self._references.reference(value, site, path), site, path)
            if language.TYPE in value:
                return self._fit(self.nodes.node(value, site, path), site, path)
            declared = self._declared(site.form)
            for key in value:
                self.report.key(key, (*path, key), declared)
        return site.form.take(self, value, site, path)

    # ---------------------------------------------------------------------------------------- what forms may ask

    @property
    def error_count(self) -> int:
        """Errors so far."""
        return self.report.findings.error_count

    def attempt(self, option: Form, value: Any, site: Site, path: Path) -> Recipe | None:
        """What one option of a union makes of a value, or None when it does not take it; no problems are kept."""
        key = (path, id(option))
        if key not in self._attempts:
            count = self.nodes.count
            with self.report.findings.trial() as trial:
                recipe = option.take(self, value, site.inside(option), path)
            if trial.failed:
                self.nodes.forget(count)
            self._attempts[key] = None if trial.failed else recipe
        return self._attempts[key]

    def is_meant(self, option: Form, value: Any) -> bool:
        """Whether an option of a union is the one for values of this shape."""
        if isinstance(option, ConstrainedForm):
            return self.is_meant(option.inner, value)
        if type(value) is dict:
            if isinstance(option, ObjectForm):
                return self.target_of(option.kind) is not None
            return isinstance(option, DictForm | TypedDictForm)
        if type(value) is list or type(value) is tuple:
            return isinstance(option, ItemsForm | TupleForm)
        if isinstance(option, ScalarForm):
            return option.annotation is type(value)
        return isinstance(option, HookForm) and type(value) is str

    # ------------------------------------------------------------------------------------------------

    def _fit(self, recipe: Recipe, site: Site, path: Path) -> Recipe:
        if isinstance(recipe, Call) and not assignable(recipe.makes, site.form.annotation):
            self.report.wrong_object(recipe, site, path)
        return recipe

    def _declared(self, form: Form) -> Mapping[str, Any]:
        """The keys that a form takes by name, which are therefore not misspelt."""
        if isinstance(form, ConstrainedForm):
            return self._declared(form.inner)
        if isinstance(form, UnionForm):
            return {key: value for option in form.options for key, value in self._declared(option).items()}
        if isinstance(form, TypedDictForm):
            return form.forms
        if isinstance(form, ObjectForm) and (target := self.target_of(form.kind)) and target.schema:
            return target.schema.parameters
        return {}
