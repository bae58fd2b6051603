"""How much of a movement is shown, as options say it."""

from __future__ import annotations

from collections.abc import Mapping

from styletalker.core.errors import InputError, compose
from styletalker.core.generation.manner import MOST

__all__ = ["checked_factors"]


def checked_factors(factors: Mapping[str, float]) -> dict[str, float]:
    """*factors* of movements, by name.

    Raises:
        InputError: one is not within 0 to 3.
    """
    for name, value in factors.items():
        if not 0 <= value <= MOST:
            raise InputError(compose(f"--{name}", expected=f"0 to {MOST:g}", given=value))
    return dict(factors)
