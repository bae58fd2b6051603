"""The errors a user can cause, all of one message shape.

Every mistake a user can make is raised as a subclass of :class:`StyletalkerError`
whose text is one line: where it happened, what is wrong, what was expected, what was
given, the closest valid name, and what to do about it. The command line prints exactly
that line; a traceback is shown only with ``--debug``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "CheckpointError",
    "ConfigError",
    "ContractError",
    "InputError",
    "MediaError",
    "PluginError",
    "RunError",
    "StyletalkerError",
    "TrainingError",
    "closest",
    "compose",
]

_MOST_CHOICES = 12
"""Longer lists of choices are cut: the closest match says more than the thirteenth name."""


class StyletalkerError(Exception):
    """Base of every error a user can cause; ``str(error)`` is the whole message.

    Attributes:
        exit_code: the exit status of the command line for this kind of error.
    """

    exit_code: int = 1


class InputError(StyletalkerError):
    """A value, file or option given by the user is not usable."""

    exit_code = 2


class ConfigError(StyletalkerError):
    """A recipe, an override or a component's configuration is not valid."""

    exit_code = 3


class PluginError(StyletalkerError):
    """A plug-in or a component is unknown, broken or claimed twice."""

    exit_code = 4


class ContractError(PluginError, TypeError):
    """A class does not fulfil the contract of the role it claims to fill."""


class RunError(StyletalkerError):
    """A run directory or a stage cannot be used as asked."""

    exit_code = 5


class CheckpointError(StyletalkerError):
    """A weight file is missing, damaged, of another architecture or unsafe."""

    exit_code = 6


class MediaError(StyletalkerError):
    """An image, audio or video file cannot be read or written."""

    exit_code = 7


class TrainingError(StyletalkerError):
    """A training cannot go on (a loss is not finite, or it has collapsed)."""

    exit_code = 8


def closest(name: str, choices: Iterable[str]) -> str | None:
    """The choice most like *name*, or None when none is near."""
    known = {choice.lower(): choice for choice in choices}
    found = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return known[found[0]] if found else None


def compose(
    problem: str,
    *,
    where: str | None = None,
    expected: str | None = None,
    given: object = None,
    name: str | None = None,
    choices: Iterable[str] = (),
    fix: str | None = None,
) -> str:
    """One error line: ``where: problem; expected ..., got ...; did you mean ...? fix``.

    Args:
        problem: what is wrong, in lower case, without a full stop.
        where: file:line:column, option or key path the message starts with.
        expected: what would have been right.
        given: the value that was given (shown with ``repr``); None leaves it out.
        name: a name that was not found among *choices*: the closest is suggested.
        choices: the names that exist; listed when none of them is close.
        fix: what to do, as a sentence.
    """
    text = f"{where}: {problem}" if where else problem
    if expected is not None:
        text += f"; expected {expected}"
        if given is not None:
            text += f", got {given!r}"
    elif given is not None:
        text += f": {given!r}"
    known = sorted(choices)
    if name is not None:
        match = closest(name, known)
        if match is not None:
            text += f"; did you mean {match!r}?"
        elif known:
            shown = ", ".join(known[:_MOST_CHOICES])
            more = f" and {len(known) - _MOST_CHOICES} more" if len(known) > _MOST_CHOICES else ""
            text += f"; there is {shown}{more}"
    if fix is not None:
        text += f" {fix}" if text.endswith("?") else f". {fix}"
    return text
