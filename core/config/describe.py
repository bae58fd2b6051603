"""What a configuration class says about itself: names, types, defaults, ranges, docstrings.

The docstring under a field is not kept by Python, so it is read from the class's source.
``toolkit show``, the JSON Schema, the documentation and the contract kit use this.
"""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import textwrap
import types
import typing
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

import attrs
from styletalker.core.config.options import Chosen, OfRole, Range

__all__ = ["Field", "annotations_of", "describe", "type_text"]


@attrs.frozen(kw_only=True)
class Field:
    """One option of a configuration class."""

    name: str
    annotation: object
    """The resolved type annotation."""
    required: bool
    default: object
    """The default value; None when required."""
    limits: Range | None
    """The numbers it allows, if the field says so."""
    operational: bool
    """Whether it changes only how fast a result comes, not the result."""
    usage: bool
    """Whether it says how a network is used: it may differ from what its weights say."""
    doc: str
    """The docstring under the field; empty when there is none."""

    @property
    def type_text(self) -> str:
        """The type in words."""
        return type_text(self.annotation)


@functools.cache
def describe(config: type) -> tuple[Field, ...]:
    """The options of an attrs class, in the order they are written."""
    annotations, docs = annotations_of(config), _field_docs(config)
    return tuple(
        Field(
            name=attribute.name,
            annotation=annotations[attribute.name],
            required=attribute.default is attrs.NOTHING,
            default=_default(attribute),
            limits=_limits(attribute.validator),
            operational=bool(attribute.metadata.get("operational")),
            usage=bool(attribute.metadata.get("usage")),
            doc=docs.get(attribute.name, ""),
        )
        for attribute in attrs.fields(config)
        if attribute.init
    )


def annotations_of(config: type) -> Mapping[str, object]:
    """Resolved annotations of an attrs class, ``Annotated`` kept."""
    return typing.get_type_hints(config, include_extras=True)


def type_text(annotation: object) -> str:
    """A type as a person would say it: ``whole number``, ``list of texts``."""
    plain = {
        int: "whole number",
        float: "number",
        bool: "true or false",
        str: "text",
        Path: "path",
        type(None): "null",
        object: "anything",
        typing.Any: "anything",
    }
    if annotation in plain:
        return plain[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        role = next((m.role for m in arguments[1:] if isinstance(m, OfRole)), None)
        return f"a {role} (type and options)" if role else type_text(arguments[0])
    if origin is typing.Literal:
        return " or ".join(repr(value) for value in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(type_text(argument) for argument in arguments)
    if origin is tuple and Ellipsis not in arguments:
        return "[" + ", ".join(type_text(argument) for argument in arguments) + "]"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"mapping of names to {type_text(arguments[1])}"
    if origin is not None and arguments:
        return f"list of {_plural(type_text(arguments[0]))}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(repr(member.value) for member in annotation)
    if isinstance(annotation, type):
        return f"{annotation.__name__} options" if attrs.has(annotation) else annotation.__name__
    return str(annotation)


def _plural(text: str) -> str:
    """``texts`` for ``text``; longer descriptions stay as they are."""
    return f"{text}s" if text in ("whole number", "number", "text", "path") else text


def _default(attribute: attrs.Attribute[object]) -> object:
    default = attribute.default
    if default is attrs.NOTHING:
        return None
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return None if default.takes_self else default.factory()  # type: ignore[attr-defined]
    return default


def _limits(validator: object) -> Range | None:
    if isinstance(validator, Range):
        return validator
    for part in getattr(validator, "_validators", ()):
        if isinstance(part, Range):
            return part
    inner = getattr(validator, "validator", None)
    return inner if isinstance(inner, Range) else None


def _field_docs(config: type) -> dict[str, str]:
    docs: dict[str, str] = {}
    for cls in reversed(config.__mro__):
        if not attrs.has(cls) or cls is Chosen:
            continue
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
        except (OSError, SyntaxError, TypeError):  # made at run time: no source to read
            continue
        body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
        for statement, following in itertools.pairwise(body):
            if (
                isinstance(statement, ast.AnnAssign)
                and isinstance(statement.target, ast.Name)
                and isinstance(following, ast.Expr)
                and isinstance(following.value, ast.Constant)
                and isinstance(following.value.value, str)
            ):
                docs[statement.target.id] = inspect.cleandoc(following.value.value)
    return docs
