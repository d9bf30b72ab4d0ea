"""What constructing a class takes."""

import abc
import collections
import ctypes
import dataclasses
import enum
import inspect
import sys
import types
import typing
import warnings
from collections.abc import Callable
from dataclasses import KW_ONLY, InitVar
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

import annotated_types
import attrs
import pydantic
import pytest
import typing_extensions

from registry.model import MISSING
from registry.schema import Schema
from registry.signatures import read_schema

KEYWORD = inspect.Parameter.KEYWORD_ONLY
T = TypeVar("T")
U = TypeVar("U")


def annotations(schema: Schema) -> dict[str, Any]:
    return {name: parameter.annotation for name, parameter in schema.parameters.items()}


def required(schema: Schema) -> list[str]:
    return [name for name, parameter in schema.parameters.items() if parameter.required]


def refuses_unknown_names(schema: Schema) -> bool:
    return schema.extra is None and not schema.opaque


class Base:
    def __init__(self, a: int, b: str = "b") -> None:
        self.a = a
        self.b = b


def test_a_class_takes_what_its_init_takes_and_makes_itself() -> None:
    schema = read_schema(Base)
    assert annotations(schema) == {"a": int, "b": str}
    assert schema.returns is Base
    assert schema.name == "Base"
    assert schema.plain


def test_an_inherited_init_counts() -> None:
    class Child(Base):
        pass

    schema = read_schema(Child)
    assert list(schema.parameters) == ["a", "b"]
    assert schema.returns is Child
    assert schema.plain


def test_a_class_without_constructor_takes_nothing() -> None:
    class Empty:
        pass

    assert read_schema(Empty).parameters == {}
    assert refuses_unknown_names(read_schema(Empty))


def test_new_counts_where_there_is_no_init() -> None:
    class Made:
        def __new__(cls, a: int) -> "Made":
            return super().__new__(cls)

    schema = read_schema(Made)
    assert annotations(schema) == {"a": int}
    assert not schema.plain


def test_a_new_that_takes_anything_leaves_the_word_to_init() -> None:
    class Made:
        def __new__(cls, *args: Any, **kwargs: Any) -> "typing_extensions.Self":
            return super().__new__(cls)

        def __init__(self, a: int) -> None: ...

    schema = read_schema(Made)
    assert list(schema.parameters) == ["a"]
    assert schema.returns is Made
    assert refuses_unknown_names(schema)
    assert not schema.plain


def test_an_init_that_takes_anything_leaves_the_word_to_new() -> None:
    class Made:
        def __new__(cls, a: int) -> "Made":
            return super().__new__(cls)

        def __init__(self, **kwargs: Any) -> None: ...

    assert list(read_schema(Made).parameters) == ["a"]
    assert refuses_unknown_names(read_schema(Made))


def test_new_and_init_that_take_names_of_their_own_are_joined() -> None:
    class Made:
        def __new__(cls, a: int, **kwargs: Any) -> "Made":
            return super().__new__(cls)

        def __init__(self, a: int, b: int = 1) -> None: ...

    assert list(read_schema(Made).parameters) == ["a", "b"]
    assert refuses_unknown_names(read_schema(Made))


def test_what_init_takes_by_position_counts_where_new_takes_anything_and_a_name_of_its_own() -> None:
    class Graph:  # as those of networkx
        def __new__(cls, *args: Any, backend: str | None = None, **kwargs: Any) -> "Graph":
            return object.__new__(cls)

        def __init__(self, data: Any = None, **attributes: Any) -> None: ...

    schema = read_schema(Graph)
    assert list(schema.parameters) == ["data", "backend"]
    assert schema.rest is None
    assert schema.extra is not None
    Graph(1, backend="b", name="n")
    with pytest.raises(TypeError):
        Graph(1, 2)  # type: ignore[call-arg]  # what is shown


def test_a_class_whose_new_says_that_it_makes_something_else_makes_something_unknown() -> None:
    class Factory:
        def __new__(cls, a: int) -> int:  # type: ignore[misc]  # the point of the test
            return a

    assert read_schema(Factory).returns is MISSING


def test_a_class_deprecated_by_a_decorator_is_read_through_it() -> None:
    @typing_extensions.deprecated("old", category=None)
    class Old:
        def __init__(self, a: int) -> None: ...

    @typing_extensions.deprecated("old")
    class Bare:
        pass

    assert refuses_unknown_names(read_schema(Old))
    assert list(read_schema(Old).parameters) == ["a"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert refuses_unknown_names(read_schema(Bare))


# metaclasses


class Singleton(type):
    instances: ClassVar[dict[type, Any]] = {}

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls not in cls.instances:
            cls.instances[cls] = super().__call__(*args, **kwargs)
        return cls.instances[cls]


class Keyed(type):
    def __call__(cls, key: str, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **kwargs)


class Swallowing(type):
    def __call__(cls, **kwargs: Any) -> Any:
        kwargs.pop("seed", None)
        return super().__call__(**kwargs)


def test_a_metaclass_call_that_hands_everything_on_is_followed() -> None:
    class One(Base, metaclass=Singleton):
        pass

    schema = read_schema(One)
    assert list(schema.parameters) == ["a", "b"]
    assert refuses_unknown_names(schema)
    assert not schema.plain


def test_a_metaclass_call_may_take_more() -> None:
    class One(Base, metaclass=Keyed):
        pass

    assert list(read_schema(One).parameters) == ["key", "a", "b"]


def test_a_metaclass_call_that_looks_into_its_kwargs_takes_anything() -> None:
    class One(Base, metaclass=Swallowing):
        pass

    assert read_schema(One).extra is not None


def test_an_abstract_class_is_plain() -> None:
    class Shape(abc.ABC):
        def __init__(self, a: int) -> None:
            self.a = a

        @abc.abstractmethod
        def area(self) -> float: ...

    assert read_schema(Shape).plain


# enums, exceptions, named tuples


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


def test_an_enum_takes_one_of_its_values() -> None:
    schema = read_schema(Colour)
    assert annotations(schema) == {"value": typing.Literal["red", "blue"]}
    assert schema.returns is Colour


def test_an_enum_that_accepts_more_than_its_values_does_not_list_them() -> None:
    class Loose(enum.Enum):
        RED = 1

        @classmethod
        def _missing_(cls, value: object) -> "Loose":
            return cls.RED

    class Access(enum.Flag):
        READ = 1
        WRITE = 2

    assert annotations(read_schema(Loose)) == {"value": MISSING}
    assert annotations(read_schema(Access)) == {"value": MISSING}


@pytest.mark.parametrize("error", [ValueError, KeyError, type("Own", (RuntimeError,), {})])
def test_exceptions_take_anything_by_position_and_nothing_by_name(error: Any) -> None:
    schema = read_schema(error)
    assert schema.rest is not None
    assert schema.parameters == {}
    assert refuses_unknown_names(schema)


def test_the_few_exceptions_that_take_names_say_so() -> None:
    assert list(read_schema(ImportError).parameters)[:2] == ["name", "path"]
    assert list(read_schema(AttributeError).parameters) == ["name", "obj"]


def test_an_exception_with_an_init_takes_what_that_takes() -> None:
    class Own(Exception):
        def __init__(self, code: int, **kwargs: Any) -> None:
            super().__init__(**kwargs)

    schema = read_schema(Own)
    assert annotations(schema) == {"code": int}
    assert refuses_unknown_names(schema)


class Point(NamedTuple):
    x: "int"
    y: float = 0.0


def test_named_tuples_take_their_fields() -> None:
    assert annotations(read_schema(Point)) == {"x": int, "y": float}
    assert required(read_schema(Point)) == ["x"]
    assert list(read_schema(collections.namedtuple("Pair", "left right")).parameters) == ["left", "right"]


# attrs classes and dataclasses


@attrs.define
class Machine:
    _name: str
    parts: "list[int]" = attrs.Factory(list)
    speed: float = attrs.field(default=1.0, alias="v", metadata={"description": "Metres per second."})
    size: Any = attrs.field(default=0, converter=int, kw_only=True)
    hidden: int = attrs.field(default=3, init=False)


def test_attrs_classes_take_their_fields_by_alias() -> None:
    schema = read_schema(Machine)
    assert list(schema.parameters) == ["name", "parts", "v", "size"]
    assert annotations(schema)["parts"] == list[int]
    assert required(schema) == ["name"]
    assert schema.plain
    assert schema.descriptions["v"] == "Metres per second."


def test_the_default_of_a_factory_can_be_passed_on() -> None:
    schema = read_schema(Machine)
    assert Machine("x", schema.parameters["parts"].default).parts == []


def test_a_converter_decides_what_an_attrs_field_takes() -> None:
    def parse(text: str) -> int:
        return int(text)

    def loose(value):  # type: ignore[no-untyped-def]  # the point of the test
        return value

    @attrs.define
    class Converted:
        known: int = attrs.field(converter=parse)
        unknown: int = attrs.field(converter=loose)

    assert annotations(read_schema(Converted)) == {"known": str, "unknown": MISSING}


@dataclasses.dataclass
class Record:
    name: str
    scale: InitVar[int]
    tags: "list[str]" = dataclasses.field(default_factory=list, metadata={"description": "Words."})
    internal: int = dataclasses.field(default=0, init=False)
    kind: ClassVar[str] = "record"
    _: KW_ONLY
    loud: bool = False


def test_dataclasses_take_their_fields() -> None:
    schema = read_schema(Record)
    assert annotations(schema) == {"name": str, "scale": int, "tags": list[str], "loud": bool}
    assert required(schema) == ["name", "scale"]
    assert schema.parameters["loud"].kind is KEYWORD
    assert repr(schema.parameters["tags"].default) == "<factory>"
    assert Record("x", 1, schema.parameters["tags"].default).tags == []
    assert schema.descriptions == {"tags": "Words."}


def module(name: str, source: str) -> types.ModuleType:
    made = types.ModuleType(name)
    sys.modules[name] = made
    exec(compile(source, f"<{name}>", "exec", dont_inherit=True), vars(made))
    return made


@pytest.mark.parametrize("decorator", ["attrs.define", "dataclasses.dataclass"])
def test_inherited_fields_are_resolved_where_they_were_written(decorator: str) -> None:
    header = "from __future__ import annotations\nimport attrs, dataclasses\n"
    base = module("wild_base", f"{header}import decimal as number\n@{decorator}\nclass Base:\n    x: number.Decimal\n")
    child = module(
        "wild_child",
        f"{header}import fractions as number\nfrom wild_base import Base\n"
        f"@{decorator}\nclass Child(Base):\n    y: number.Fraction\n    z: Unknown\n",
    )
    import decimal
    import fractions

    try:
        assert annotations(read_schema(child.Child)) == {"x": decimal.Decimal, "y": fractions.Fraction, "z": MISSING}
    finally:
        del sys.modules[base.__name__], sys.modules[child.__name__]


def test_stringified_wrappers_of_dataclass_fields_are_taken_off() -> None:
    made = module(
        "wild_fields",
        "from __future__ import annotations\nfrom dataclasses import InitVar, dataclass\nfrom typing import *\n"
        "@dataclass\nclass Day:\n    a: InitVar[int]\n    b: Final[int] = 0\n    c: ClassVar[int] = 0\n",
    )
    assert annotations(read_schema(made.Day)) == {"a": int, "b": int}
    del sys.modules["wild_fields"]


def test_a_default_that_hides_a_type_of_the_same_name_does_not_count_as_the_type() -> None:
    made = module(
        "wild_dates",
        "from __future__ import annotations\nimport dataclasses\nfrom datetime import date\n"
        "@dataclasses.dataclass\nclass Day:\n    date: date = None\n",
    )
    import datetime

    assert annotations(read_schema(made.Day)) == {"date": datetime.date | None}
    del sys.modules["wild_dates"]


# typed dicts, generics, protocols


class Shape(typing_extensions.TypedDict):
    kind: str
    sides: typing_extensions.NotRequired[Annotated[int, annotated_types.Gt(2)]]
    id: typing_extensions.ReadOnly[int]


class Loose(Shape, total=False):
    colour: "Colour"
    name: typing_extensions.Required[str]


def test_a_typed_dict_takes_its_keys_by_name() -> None:
    schema = read_schema(Loose)
    assert annotations(schema) == {"kind": str, "sides": int, "id": int, "colour": Colour, "name": str}
    assert required(schema) == ["kind", "id", "name"]
    assert {parameter.kind for parameter in schema.parameters.values()} == {KEYWORD}
    assert schema.parameters["sides"].constraints == (annotated_types.Gt(2),)
    assert refuses_unknown_names(schema)


def test_a_stringified_not_required_is_heard() -> None:
    made = module(
        "wild_shapes",
        "from __future__ import annotations\nfrom typing import *\n"
        "class Shape(TypedDict):\n    a: int\n    b: NotRequired[int]\n",
    )
    assert required(read_schema(made.Shape)) == ["a"]
    del sys.modules["wild_shapes"]


def test_unpacked_keywords_are_parameters() -> None:
    def draw(x: int, **options: typing_extensions.Unpack[Shape]) -> None: ...

    schema = read_schema(draw)
    assert list(schema.parameters) == ["x", "kind", "sides", "id"]
    assert refuses_unknown_names(schema)


class Box(Generic[T]):
    def __init__(self, item: T, items: "list[T]", pairs: "dict[str, T] | None" = None) -> None: ...


class Pair(Box[U], Generic[T, U]):
    pass


class IntBox(Pair[str, int]):
    pass


def test_type_arguments_take_the_place_of_type_variables() -> None:
    schema = read_schema(Box[int])
    assert annotations(schema) == {"item": int, "items": list[int], "pairs": dict[str, int] | None}
    assert schema.returns == Box[int]
    assert schema.name == "Box"
    assert not schema.plain


def test_type_arguments_are_followed_through_bases() -> None:
    assert annotations(read_schema(Pair[str, bytes]))["items"] == list[bytes]
    assert annotations(read_schema(IntBox))["item"] is int
    assert read_schema(IntBox).returns is IntBox


def test_type_variables_without_arguments_stay() -> None:
    assert annotations(read_schema(Box))["item"] is T


def test_an_alias_of_a_native_class_is_read() -> None:
    assert read_schema(dict[str, int]).opaque
    assert read_schema(list[int]).returns == list[int] or read_schema(list[int]).opaque


def test_the_placeholder_init_of_a_protocol_is_passed_over() -> None:
    class Named(Protocol):
        name: str

    class Person(Named):
        pass

    class Employee(Named, Base):
        pass

    assert refuses_unknown_names(read_schema(Person))
    assert list(read_schema(Employee).parameters) == ["a", "b"]


# pydantic, ctypes


class Address(pydantic.BaseModel):
    street: str = pydantic.Field(alias="street-name", description="Where.", min_length=1)
    number: Annotated[int, pydantic.Field(gt=0)] = 1
    tags: list[str] = pydantic.Field(default_factory=list)
    zip_code: str = pydantic.Field(validation_alias=pydantic.AliasChoices("zip", "postcode"))
    note: str = None  # type: ignore[assignment]  # the point of the test


def test_pydantic_models_take_their_fields_by_alias_with_constraints() -> None:
    schema = read_schema(Address)
    assert annotations(schema) == {
        "street-name": str,
        "number": int,
        "tags": list[str],
        "zip": str,
        "note": str | None,
    }
    assert required(schema) == ["street-name", "zip"]
    assert [item.gt for item in schema.parameters["number"].constraints] == [0]
    assert [item.min_length for item in schema.parameters["street-name"].constraints] == [1]
    assert schema.descriptions["street-name"] == "Where."
    assert refuses_unknown_names(schema)


def test_a_pydantic_model_that_allows_extra_keys_has_extra() -> None:
    class Open(pydantic.BaseModel, extra="allow"):
        a: int

    assert read_schema(Open).extra is not None


def test_a_pydantic_model_with_an_init_takes_what_that_takes() -> None:
    class Own(pydantic.BaseModel):
        a: int

        def __init__(self, text: str) -> None:
            super().__init__(a=int(text))

    assert list(read_schema(Own).parameters) == ["text"]


def test_pydantic_dataclasses_are_read() -> None:
    @pydantic.dataclasses.dataclass
    class Record:
        a: int
        b: str = "b"

    assert annotations(read_schema(Record)) == {"a": int, "b": str}


@pytest.mark.parametrize("native", [ctypes.c_int, ctypes.Structure, ctypes.POINTER(ctypes.c_int)])
def test_ctypes_are_read_without_a_crash(native: Any) -> None:
    assert read_schema(native).returns is native


# __signature__ of classes


def test_a_class_that_says_its_signature_is_believed_until_a_child_has_its_own_init() -> None:
    class Said:
        __signature__ = inspect.Signature([inspect.Parameter("x", KEYWORD)])

        def __init__(self, **kwargs: Any) -> None: ...

    class Child(Said):
        def __init__(self, y: int) -> None: ...

    assert list(read_schema(Said).parameters) == ["x"]
    assert list(read_schema(Child).parameters) == ["y"]
    assert not read_schema(Said).plain


# **kwargs through the bases


def follow(body: str, *, header: str = "self, c, **kwargs", base: type = Base, name: str = "__init__") -> Schema:
    """The schema of a child class with this constructor, its source readable."""
    return read_schema(child_class(body, header, base, name))


def child_class(body: str, header: str, base: type, name: str) -> type:
    import linecache

    lines = "\n".join(f"        {line}" for line in body.split("\n"))
    source = f"class Child(Base):\n    def {name}({header}):\n{lines}\n"
    file = f"<child {abs(hash(source))}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    space = {"Base": base, "__name__": __name__}
    exec(compile(source, file, "exec"), space)
    return typing.cast(type, space["Child"])


@pytest.mark.parametrize(
    ("header", "body", "names"),
    [
        ("self, c, **kwargs", "super().__init__(**kwargs)", ["c", "a", "b"]),
        ("self, c, **kwargs", "super(Child, self).__init__(**kwargs)", ["c", "a", "b"]),
        ("self, c, **kwargs", "super().__init__(a=c, **kwargs)", ["c", "b"]),
        ("self, c, **kwargs", "super().__init__(c, **kwargs)", ["c", "b"]),
        ("self, c, b, **kwargs", "super().__init__(b=b, **kwargs)", ["c", "b", "a"]),
        ("self, *args, **kwargs", "super().__init__(*args, **kwargs)", ["a", "b"]),
        ("self, *args, c=1, **kwargs", "super().__init__(*args, **kwargs)", ["a", "b", "c"]),
        ("self, c, *args, **kwargs", "super().__init__(c, *args, **kwargs)", ["c", "b"]),
        ("self, **kwargs", "'''Doc\nwith less indent.'''\nsuper().__init__(**kwargs)", ["a", "b"]),
    ],
)
def test_kwargs_that_go_only_to_super_stand_for_its_parameters(header: str, body: str, names: list[str]) -> None:
    schema = follow(body, header=header)
    assert list(schema.parameters) == names
    assert refuses_unknown_names(schema)
    assert not schema.plain


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "self.options = kwargs\nsuper().__init__(**kwargs)",
        "self.seed = kwargs.pop('seed', None)\nsuper().__init__(**kwargs)",
        "kwargs['b'] = 'x'\nsuper().__init__(**kwargs)",
        "print(**kwargs)\nsuper().__init__(**kwargs)",
        "super().__init__(1, **{'b': 1, **kwargs})",
        "super().__init__(*[1], **kwargs)",
        "super().__init__(**locals(), **kwargs)",
        "super().setup(**kwargs)",
        "Base.__init__(self, 1)",
        "if c:\n    super().__init__(a=1, **kwargs)\nelse:\n    super().__init__(**kwargs)",
        "kwargs = {}\nsuper().__init__(**kwargs)",
        "(lambda: kwargs)()\nsuper().__init__(**kwargs)",
    ],
)
def test_kwargs_that_go_anywhere_else_accept_anything(body: str) -> None:
    schema = follow(body)
    assert list(schema.parameters) == ["c"]
    assert schema.extra is not None


def test_kwargs_may_pass_through_several_classes() -> None:
    class Middle(Base):
        def __init__(self, m: int = 0, **kwargs: Any) -> None:
            super().__init__(**kwargs)

    class Top(Middle):
        def __init__(self, t: int = 0, **kwargs: Any) -> None:
            super().__init__(**kwargs)

    assert list(read_schema(Top).parameters) == ["t", "m", "a", "b"]
    assert required(read_schema(Top)) == ["a"]
    assert refuses_unknown_names(read_schema(Top))


def test_the_order_of_cooperative_bases_is_that_of_the_class_that_is_built() -> None:
    class Left:
        def __init__(self, left: int = 0, **kwargs: Any) -> None:
            super().__init__(**kwargs)

    class Right:
        def __init__(self, right: int = 0, **kwargs: Any) -> None:
            super().__init__(**kwargs)

    class Both(Left, Right):
        pass

    assert list(read_schema(Left).parameters) == ["left"]
    assert list(read_schema(Both).parameters) == ["left", "right"]
    assert refuses_unknown_names(read_schema(Both))
    with pytest.raises(TypeError):
        Both(wrong=1)


def test_kwargs_that_a_base_keeps_for_itself_accept_anything() -> None:
    class Keeper:
        def __init__(self, k: int = 0, **options: Any) -> None:
            self.options = options

    class Child(Keeper):
        def __init__(self, c: int = 0, **kwargs: Any) -> None:
            super().__init__(**kwargs)

    schema = read_schema(Child)
    assert list(schema.parameters) == ["c", "k"]
    assert schema.extra is not None
    assert schema.extra.name == "options"


def test_kwargs_that_arrive_in_a_native_class_accept_anything() -> None:
    class Config(dict):  # type: ignore[type-arg]  # the point is the native base
        def __init__(self, a: int, **kwargs: Any) -> None:
            super().__init__(**kwargs)

    assert read_schema(Config).extra is not None


def test_positional_only_parameters_of_a_base_cannot_be_given_by_name() -> None:
    class Strict:
        def __init__(self, p: int = 0, /, q: int = 0) -> None: ...

    class Child(Strict):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)

    assert list(read_schema(Child).parameters) == ["q"]


def test_kwargs_of_a_cooperative_new_are_followed() -> None:
    class Made:
        def __new__(cls, a: int) -> "Made":
            return super().__new__(cls)

    class Child(Made):
        def __new__(cls, b: int, **kwargs: Any) -> "Child":
            return typing.cast(Child, super().__new__(cls, **kwargs))

    assert list(read_schema(Child).parameters) == ["b", "a"]
    assert refuses_unknown_names(read_schema(Child))


@pytest.mark.parametrize(
    ("header", "body", "closed"),
    [
        ("self, c, **kwargs", "super().__init__(**kwargs)", True),
        ("self, *args, c=1, **kwargs", "super().__init__(*args, **kwargs)", True),
        ("self, c, **kwargs", "self.c = c\nsuper().__init__(**kwargs)\nself.d = c", True),
        ("self, c, **kwargs", "super().__init__(a=c, **kwargs)", False),
        ("self, c, **kwargs", "self.options = kwargs\nsuper().__init__(**kwargs)", False),
        ("self, c, **kwargs", "super().setup(**kwargs)\nself.__init__", False),
        ("self, c, **kwargs", "super().__init__()\nself.run(**kwargs)", False),
        ("self, c, **kwargs", "lambda: kwargs\nsuper().__init__(**kwargs)", False),
        ("self, c, **kwargs", "pass", False),
    ],
)
def test_without_source_the_bytecode_decides_the_plain_forms(header: str, body: str, closed: bool) -> None:
    lines = "\n".join(f"        {line}" for line in body.split("\n"))
    space: dict[str, Any] = {"Base": Base, "__name__": __name__}
    exec(f"class Child(Base):\n    def __init__({header}):\n{lines}\n", space)
    schema = read_schema(space["Child"])
    assert refuses_unknown_names(schema) is closed
    assert ("b" in schema.parameters) is closed


def test_a_source_file_that_has_changed_since_is_not_believed() -> None:
    import linecache

    child = child_class("self.options = kwargs\nsuper().__init__(**kwargs)", "self, c, **kwargs", Base, "__init__")
    file = child.__init__.__code__.co_filename  # type: ignore[misc]  # the class is ours
    lying = "class Child(Base):\n    def other(self, **kwargs):\n        super().__init__(**kwargs)\n"
    linecache.cache[file] = (len(lying), None, lying.splitlines(keepends=True), file)
    assert read_schema(child).extra is not None


def test_a_wrapped_init_is_followed_too() -> None:
    import functools

    def checked(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return wrapper

    class Child(Base):
        @checked
        def __init__(self, c: int, **kwargs: Any) -> None:
            super().__init__(**kwargs)

    schema = read_schema(Child)
    assert list(schema.parameters) == ["c", "a", "b"]
    assert not schema.plain
