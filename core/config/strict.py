"""Strict structure hooks: what cattrs would coerce is refused instead.

By default cattrs turns 1.5 into 1, 'false' into True and the text 'abc' into ['a', 'b', 'c'].
In a recipe each of these is a mistake, and is said to be one.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any

from cattrs import Converter
from cattrs.cols import (
    homogenous_tuple_structure_factory,
    list_structure_factory,
    mapping_structure_factory,
)
from styletalker.core.config.describe import type_text
from styletalker.core.config.faults import Invalid

__all__ = ["Hook", "register_strict_hooks", "shown"]

Hook = Callable[[Any, Any], Any]
"""A structure hook: (value, target type) -> structured value, or raises Invalid."""


def register_strict_hooks(converter: Converter) -> None:
    """Make *converter* refuse every value that is not already what its field expects."""
    scalars: dict[type, tuple[str, Callable[[Any], bool]]] = {
        int: ("a whole number", _is_whole),
        float: ("a number", _is_number),
        bool: ("true or false", lambda value: isinstance(value, bool)),
        str: ("a text", lambda value: isinstance(value, str)),
        Path: ("a path", lambda value: isinstance(value, str | Path)),
    }
    for kind, (expected, right) in scalars.items():
        converter.register_structure_hook(kind, _scalar_hook(kind, expected, right))
    converter.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)
    factories: list[tuple[Callable[[Any], bool], Callable[[Any], Hook]]] = [
        (_origin_is(Sequence, AbstractSet), lambda kind: _sequence_hook(kind, converter)),
        (_origin_is(Mapping), lambda kind: _mapping_hook(kind, converter)),
        (_is_union, lambda kind: _union_hook(kind, converter)),
        (_is_literal, lambda kind: _member_hook({v: v for v in typing.get_args(kind)})),
        (_is_enum, lambda kind: _member_hook({member.value: member for member in kind})),
    ]
    for predicate, factory in factories:
        converter.register_structure_hook_factory(predicate, factory)


def shown(value: object) -> object:
    """A given value for a message; YAML's null is called that."""
    return "null" if value is None else value


def wrong_type(expected: str, value: object) -> Invalid:
    """The exception for a value of another type."""
    return Invalid("wrong type", expected=expected, given=shown(value))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _scalar_hook(kind: type, expected: str, right: Callable[[Any], bool]) -> Hook:
    def hook(value: Any, _: Any) -> Any:
        if not right(value):
            raise wrong_type(expected, value)
        return kind(value)

    return hook


def _sequence_hook(annotation: Any, converter: Converter) -> Hook:
    arguments = typing.get_args(annotation)
    fixed = typing.get_origin(annotation) is tuple and Ellipsis not in arguments
    build: Hook
    if fixed:
        build = converter.gen_structure_hetero_tuple(annotation)
    elif typing.get_origin(annotation) is tuple:
        build = homogenous_tuple_structure_factory(annotation, converter)
    else:
        build = list_structure_factory(annotation, converter)
    expected = type_text(annotation) if fixed else f"a {type_text(annotation)}"

    def hook(value: Any, target: Any) -> Any:
        right = isinstance(value, Sequence) and not isinstance(value, str | bytes)
        if not right or (fixed and len(value) != len(arguments)):
            raise wrong_type(expected, value)
        return build(value, target)

    return hook


def _mapping_hook(annotation: Any, converter: Converter) -> Hook:
    build = mapping_structure_factory(annotation, converter)

    def hook(value: Any, target: Any) -> Any:
        if not isinstance(value, Mapping):
            raise wrong_type(f"a {type_text(annotation)}", value)
        return build(value, target)

    return hook


def _union_hook(annotation: Any, converter: Converter) -> Hook:
    members = [member for member in typing.get_args(annotation) if member is not NoneType]
    optional = len(members) < len(typing.get_args(annotation))

    def hook(value: Any, _: Any) -> Any:
        if value is None and optional:
            return None
        if len(members) == 1:
            return converter.structure(value, members[0])
        for member in members:
            try:
                return converter.structure(value, member)
            except Exception:  # noqa: S112 (the next member may fit)
                continue
        raise wrong_type(type_text(annotation), value)

    return hook


def _member_hook(members: Mapping[Any, Any]) -> Hook:
    """The hook of a Literal or an Enum: the value must be one of its members' exactly."""
    names = tuple(known for known in members if isinstance(known, str))

    def hook(value: Any, _: Any) -> Any:
        for known, member in members.items():
            if type(value) is type(known) and value == known:
                return member
        is_name = isinstance(value, str) and bool(names)
        raise Invalid(
            "wrong value",
            expected="one of " + ", ".join(repr(known) for known in members),
            given=shown(value),
            name=value if is_name else None,
            choices=names if is_name else (),
        )

    return hook


def _origin_is(*kinds: type) -> Callable[[Any], bool]:
    def predicate(annotation: Any) -> bool:
        origin = typing.get_origin(annotation)
        return isinstance(origin, type) and issubclass(origin, kinds)

    return predicate


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (typing.Union, UnionType)


def _is_literal(annotation: Any) -> bool:
    return typing.get_origin(annotation) is typing.Literal


def _is_enum(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Enum)
