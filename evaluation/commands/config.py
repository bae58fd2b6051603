"""Options of the commands."""

from __future__ import annotations

import attrs

__all__ = ["CompareConfig", "EvaluateCommandConfig", "StudyConfig"]


@attrs.frozen(kw_only=True)
class CompareConfig:
    """Options of the command ``compare``: all are given on the command line."""


@attrs.frozen(kw_only=True)
class EvaluateCommandConfig:
    """Options of the command ``evaluate``: all are given on the command line."""


@attrs.frozen(kw_only=True)
class StudyConfig:
    """Options of the command ``study``: all are given on the command line."""
