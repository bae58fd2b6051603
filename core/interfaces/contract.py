"""Contracts that are checked when a class is defined, not when it is first used.

An interface is a subclass of :class:`Contract` marked ``interface=True``. Every class below it
must define the interface's abstract methods and attributes with fitting signatures, or the
``class`` statement itself raises :class:`~styletalker.core.errors.ContractError`, which says
what to add. An intermediate base that is not yet complete says ``abstract=True``.
"""

from __future__ import annotations

import inspect
from abc import ABC
from collections.abc import Iterator
from typing import Any

from styletalker.core.errors import ContractError

__all__ = ["Contract"]

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Contract(ABC):  # noqa: B024 (its subclasses, the interfaces, are abstract)
    """Base of all interfaces."""

    def __init_subclass__(
        cls, *, interface: bool = False, abstract: bool = False, **rest: Any
    ) -> None:
        """Check a class that is not an interface or an intermediate base."""
        super().__init_subclass__(**rest)
        if interface or abstract:
            return
        problems = [problem for base in _interfaces(cls) for problem in _problems(cls, base)]
        if problems:
            label = f"{cls.__module__}.{cls.__qualname__}"
            role = ", ".join(base.__name__ for base in _interfaces(cls))
            raise ContractError(f"{label} is not a complete {role}: " + "; ".join(problems))


def _interfaces(cls: type) -> list[type]:
    """The interfaces *cls* fills: bases that are not abstract only by inheritance."""
    return [
        base
        for base in cls.__mro__[1:]
        if base is not Contract and issubclass(base, Contract) and _declares(base)
    ]


def _declares(base: type) -> bool:
    return any(getattr(value, "__isabstractmethod__", False) for value in vars(base).values())


def _problems(cls: type, base: type) -> Iterator[str]:
    for name, declared in vars(base).items():
        if not getattr(declared, "__isabstractmethod__", False):
            continue
        found = inspect.getattr_static(cls, name)
        if isinstance(declared, property):
            yield from _attribute_problems(name, declared, found)
        else:
            yield from _method_problems(name, declared, found)
    if "__init__" in vars(base) and "__init__" in _own_names(cls, base):
        yield from _method_problems("__init__", base.__init__, cls.__init__)  # type: ignore[misc]


def _own_names(cls: type, base: type) -> set[str]:
    """Names defined below *base*."""
    below = cls.__mro__[: cls.__mro__.index(base)]
    return {name for one in below for name in vars(one)}


def _attribute_problems(name: str, declared: property, found: Any) -> Iterator[str]:
    kind = inspect.signature(declared.fget).return_annotation if declared.fget else "int"
    if getattr(found, "__isabstractmethod__", False):
        yield (
            f"the attribute {name!r} is missing; add `{name}: {kind} = ...` to the class, "
            f"or a property of that name"
        )
    elif inspect.isroutine(found):
        yield f"{name!r} must be an attribute or a property of type {kind}, not a method"


def _method_problems(name: str, declared: Any, found: Any) -> Iterator[str]:
    line = f"def {name}{_plain_signature(declared)}"
    if getattr(found, "__isabstractmethod__", False):
        yield f"the method {name}() is missing; add `{line}`"
        return
    if not callable(found) and not isinstance(found, classmethod | staticmethod):
        yield f"{name!r} must be a method; write `{line}`"
        return
    wanted = _parameters(declared)
    given = _parameters(getattr(found, "__func__", found))
    kinds = {parameter.kind for parameter in given.values()}
    anything = inspect.Parameter.VAR_KEYWORD in kinds
    for parameter in wanted.values():
        mine = given.get(parameter.name)
        if mine is None and not (anything and parameter.kind not in _POSITIONAL):
            yield f"{name}() must accept {parameter.name!r}; write `{line}`"
        elif mine is not None and mine.kind is not parameter.kind and mine.kind not in _POSITIONAL:
            yield f"{name}() must accept {parameter.name!r} by position; write `{line}`"
    order = [key for key in given if key in wanted and given[key].kind in _POSITIONAL]
    expected = [key for key in wanted if key in order and wanted[key].kind in _POSITIONAL]
    if [key for key in order if key in expected] != expected:
        yield f"{name}() takes its arguments in another order; write `{line}`"
    for extra in given.values():
        variadic = extra.kind in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        if extra.name not in wanted and not variadic and extra.default is inspect.Parameter.empty:
            yield (
                f"{name}() has an argument {extra.name!r} that the role does not give it; "
                f"remove it or give it a default"
            )


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    """The parameters of a method after ``self``."""
    parameters = list(inspect.signature(function).parameters.values())
    return {parameter.name: parameter for parameter in parameters[1:]}


def _plain_signature(function: Any) -> str:
    """A signature as it should be written, without quotes around annotations."""
    return str(inspect.signature(function)).replace("'", "")
