"""Metric: one number about generated videos, under its full name."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from styletalker.core.clip import Clip
from styletalker.core.interfaces.contract import Contract

__all__ = ["Direction", "Metric"]

Direction = Literal["higher", "lower", "none"]
"""Which way is better; ``none`` where only the distance to the ground truth means something."""


class Metric(Contract, interface=True):
    """Scores generated clips.

    **Maps** each clip to a *measurement* (a dict of numbers or arrays: a distance, or the
    features of its frames), and a list of measurements to one value. The split in two lets the
    harness measure clips in parallel, keep what was measured, and resample clips for confidence
    intervals without measuring again.

    **Names** are full: ``LSE-D``, ``FID``, ``CSIM-dlib`` mean exactly what the field means by
    them, or the name is another one.

    **Pitfalls** belong into the docstring: formula, unit, source, which frames, which crop.

    **State.** None: measurements depend on the clips alone. A metric is copied to other processes
    by ``pickle``.

    **Raises** CheckpointError where weights are missing (which public file, its licence, where to
    put it), InputError where a clip cannot be measured. The harness counts both; nothing is
    dropped in silence and nothing is reported as zero. A metric that needs weights says in
    ``unavailable`` that they are missing: it is then asked about no clip, and reported as not
    computed with that reason.
    """

    hears: ClassVar[bool] = False
    """Whether the value depends on the sound, or on what is said: such metrics are also asked about
    clips with another clip's sound, to see what chance scores."""

    follows: ClassVar[bool] = False
    """Whether it asks how well a clip follows the clip whose motion it shows: it is asked about
    motion-controlled clips alone, and that other clip is then its reference."""

    least_frames: ClassVar[int] = 1
    """Clips of fewer frames cannot be measured; the contract's checks give it as many."""

    pooled: ClassVar[bool] = False
    """Whether the value is of all clips together, as the distance of two distributions is: then it
    has none for a single clip, and no bootstrap interval, which would be far off."""

    def __init__(self, config: Any) -> None:
        """Build it from an instance of its configuration class."""
        self.config = config

    def unavailable(self) -> str:
        """Why it can measure nothing here, such as a missing file; an empty text if it can."""
        return ""

    def weights(self) -> Mapping[str, str]:
        """SHA-256 of each weight file it measures with, by name; asked where it can measure."""
        return {}

    @property
    @abstractmethod
    def title(self) -> str:
        """The full name, as tables show it."""

    @property
    @abstractmethod
    def unit(self) -> str:
        """The unit, ``1`` where there is none."""

    @property
    @abstractmethod
    def direction(self) -> Direction:
        """Which way is better."""

    @property
    @abstractmethod
    def uses_reference(self) -> bool:
        """Whether ``measure`` needs a reference clip."""

    @abstractmethod
    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """What there is to know about one clip: names to numbers or numpy arrays."""

    @abstractmethod
    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """The value over some clips (at least one)."""
