"""A talking clip: frames, speech, and whatever is known about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose

__all__ = ["Clip", "Phoneme"]


@attrs.frozen
class Phoneme:
    """A speech sound and when it is heard."""

    symbol: str
    """The sound, in the notation of the corpus."""
    start_s: float
    """When it starts, in seconds from the start of the clip."""
    end_s: float
    """When it ends."""


@attrs.frozen(kw_only=True, eq=False)
class Clip:
    """One clip; frame t covers the samples [t * sample_rate / fps, (t+1) * sample_rate / fps)."""

    name: str
    """Unique within the corpus."""
    identity: str
    """Who is seen; no identity stands in two splits."""
    frames: NDArray[np.uint8]
    """[T, H, W, 3], RGB."""
    waveform: NDArray[np.float32]
    """[S], mono, in [-1, 1]; S = T * sample_rate / fps exactly."""
    fps: int = 25
    """Frames per second."""
    sample_rate: int = 16000
    """Samples per second."""
    text: str = ""
    """What is said, if known."""
    phonemes: tuple[Phoneme, ...] = ()
    """What sounds when, if known."""
    landmarks: NDArray[np.float32] | None = None
    """[T, K, 2] in pixels, x then y, iBUG order, if known."""
    visible: NDArray[np.bool_] | None = None
    """[T, K]: whether a landmark is in view."""
    parameters: NDArray[np.float32] | None = None
    """[T, P]: the animation parameters, if the clip is synthetic."""
    parameter_names: tuple[str, ...] = ()
    """Names of the P parameters."""
    facts: Mapping[str, Any] = attrs.field(factory=dict)
    """Whatever else is known, ready for JSON: the voice, say, or the shape of the head."""

    def __attrs_post_init__(self) -> None:
        """Refuse a clip whose frames and audio do not cover the same time."""
        frames, samples = len(self.frames), len(self.waveform)
        if frames == 0 or self.frames.ndim != 4 or self.frames.dtype != np.uint8:
            given = f"{self.frames.dtype} {self.frames.shape}"
            problem = f"clip {self.name}: wrong frames"
            raise InputError(compose(problem, expected="uint8 [T, H, W, 3], T > 0", given=given))
        if samples * self.fps != frames * self.sample_rate:
            raise InputError(
                compose(
                    f"clip {self.name}: audio and frames differ in length",
                    expected=f"{frames * self.sample_rate // self.fps} samples for {frames} frames",
                    given=samples,
                )
            )

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.frames) / self.fps
