"""What a configuration class is made of: ranges for numbers and choices of components.

A configuration class is a frozen, keyword-only attrs class with a docstring under each
field. Its numbers say their range, so that the recipe reader, ``toolkit show`` and the
JSON Schema all know it:

.. code-block:: python

    @attrs.frozen(kw_only=True)
    class RippleConfig:
        channels: int = attrs.field(default=32, validator=within(1, 1024))
        '''Feature channels.'''
        scorer: Annotated[Chosen, OfRole("sync_discriminator")]
        '''The network that scores; its type and options stand in the recipe.'''
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs

__all__ = ["OPERATIONAL", "USAGE", "Chosen", "OfRole", "Range", "WeightsRef", "above", "within"]

OPERATIONAL: Mapping[str, bool] = MappingProxyType({"operational": True})
"""``metadata`` of an option that changes how fast a result comes, not the result, such as the
number of workers: a finished stage stays finished when it changes."""

USAGE: Mapping[str, bool] = MappingProxyType({"usage": True})
"""``metadata`` of an option that says how a network is used, not what it is, such as the layers
whose output is taken: a recipe may choose it beside ``weights:``, whatever the weights say."""


@attrs.frozen
class Range:
    """An attrs validator for numbers that can also say what it allows."""

    low: float | None = None
    """Lowest value, or None."""
    high: float | None = None
    """Highest value, or None."""
    low_open: bool = attrs.field(default=False, kw_only=True)
    """Whether *low* itself is excluded."""

    def __call__(self, instance: object, attribute: object, value: Any) -> None:  # noqa: ARG002
        """Raise ValueError when *value* is outside; None (an optional field) is inside."""
        if value is not None and value not in self:
            raise ValueError(f"must be {self}")

    def __contains__(self, value: float) -> bool:
        """Whether *value* is inside; NaN never is."""
        if math.isnan(value):
            return False
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        return self.high is None or value <= self.high

    def __str__(self) -> str:
        """The range in words."""
        if self.low is not None and self.high is not None and not self.low_open:
            return f"{self.low} to {self.high}"
        sides = []
        if self.low is not None:
            sides.append(f"{'above' if self.low_open else 'at least'} {self.low}")
        if self.high is not None:
            sides.append(f"at most {self.high}")
        return " and ".join(sides) or "any number"


def within(low: float | None = None, high: float | None = None) -> Range:
    """A validator: *low* <= value <= *high*; None leaves a side open."""
    return Range(low, high)


def above(low: float, high: float | None = None) -> Range:
    """A validator: *low* < value (<= *high*)."""
    return Range(low, high, low_open=True)


@attrs.frozen
class OfRole:
    """In ``Annotated[Chosen, OfRole(role)]``: which role a component is chosen from."""

    role: str


@attrs.frozen(kw_only=True)
class WeightsRef:
    """Weights chosen in a recipe, found and identified but not read."""

    given: str
    """As it was written: ``builtin:NAME`` or a path."""
    path: Path
    """The ``.safetensors`` file, or a public file of another layout."""
    sha256: str
    """The file's checksum, for our own as the JSON file beside says; checked when it is loaded."""
    family: str | None = None
    """The family of public weights that recognised it; None for a file of our own."""


@attrs.frozen(kw_only=True)
class Chosen:
    """A component chosen in a recipe: ``type:`` and its options, already structured."""

    role: str
    """The role it fills."""
    type: str
    """Its name in the registry."""
    config: object
    """An instance of its configuration class."""
    weights: WeightsRef | None = None
    """What to load into it; None starts from random weights."""
