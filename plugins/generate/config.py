"""Options of the command ``generate``."""

from __future__ import annotations

import attrs

__all__ = ["DEFAULT_MODEL", "GenerateCommandConfig"]

DEFAULT_MODEL = "builtin:portrait"
"""The talker that speaks unless ``--model`` names another."""


@attrs.frozen(kw_only=True)
class GenerateCommandConfig:
    """Options of the command ``generate``: it has none."""
