"""A fault in a configuration: the key path, what was expected, what was given.

cattrs reports everything that is wrong at once, as a tree of exceptions. :func:`faults_in`
flattens that tree into a list of :class:`Fault`; the recipe reader adds the position.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
from cattrs.errors import (
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from styletalker.core.config.describe import describe
from styletalker.core.errors import compose

__all__ = ["Fault", "Invalid", "KeyPath", "faults_in", "path_text"]

KeyPath = tuple[str | int, ...]
"""The keys and list indices that lead to a value, from the top of a recipe."""


def path_text(path: KeyPath) -> str:
    """A key path as it is written in overrides: ``pipeline.0.steps``."""
    return ".".join(str(part) for part in path)


class Invalid(ValueError):  # noqa: N818 (it is caught and turned into a Fault, never shown)
    """Raised by structure hooks: a value is not what its field expects."""

    def __init__(
        self,
        problem: str,
        *,
        expected: str | None = None,
        given: object = None,
        name: str | None = None,
        choices: tuple[str, ...] = (),
        below: KeyPath = (),
        at_key: bool = False,
        fix: str | None = None,
    ) -> None:
        """Describe the problem; *below* is the path from the value being structured."""
        super().__init__(problem)
        self.problem, self.expected, self.given = problem, expected, given
        self.name, self.choices, self.below, self.at_key = name, choices, below, at_key
        self.fix = fix


@attrs.frozen(kw_only=True)
class Fault:
    """One thing that is wrong."""

    path: KeyPath
    """Where, as keys from the top."""
    problem: str
    """What, in lower case."""
    expected: str | None = None
    given: object = None
    name: str | None = None
    """A name that is not among *choices*."""
    choices: tuple[str, ...] = ()
    at_key: bool = False
    """Whether the key itself is wrong (else its value is)."""
    fix: str | None = None

    def line(self, position: str | None = None) -> str:
        """The fault as one line; *position* (``file:line:column``) comes first."""
        key = path_text(self.path)
        where = ": ".join(part for part in (position, key) if part)
        return compose(
            self.problem,
            where=where or None,
            expected=self.expected,
            given=self.given,
            name=self.name,
            choices=self.choices,
            fix=self.fix,
        )


def faults_in(error: BaseException, path: KeyPath = ()) -> Iterator[Fault]:
    """Every fault inside an exception raised by structuring, depth first."""
    if isinstance(error, ClassValidationError | IterableValidationError):
        located, general = error.group_exceptions()
        for inner, note in located:
            part: Any = getattr(note, "name", None) or getattr(note, "index", "")
            yield from faults_in(inner, (*path, part))
        for inner in general:
            yield from faults_in(inner, path)
    elif isinstance(error, ForbiddenExtraKeysError):
        yield from _unknown_keys(error, path)
    elif isinstance(error, Invalid):
        yield Fault(
            path=(*path, *error.below),
            problem=error.problem,
            expected=error.expected,
            given=error.given,
            name=error.name,
            choices=error.choices,
            at_key=error.at_key,
            fix=error.fix,
        )
    elif isinstance(error, KeyError) and path and error.args == (path[-1],):
        yield Fault(path=path, problem="is required and missing", at_key=True)
    else:
        yield Fault(path=path, problem=" ".join(str(error).split()) or type(error).__name__)


def _unknown_keys(error: ForbiddenExtraKeysError, path: KeyPath) -> Iterator[Fault]:
    known = tuple(field.name for field in describe(error.cl))
    for key in sorted(map(str, error.extra_fields)):
        yield Fault(
            path=(*path, key),
            problem="unknown key",
            name=key,
            choices=known,
            at_key=True,
            fix=None if known else "This component has no options.",
        )
