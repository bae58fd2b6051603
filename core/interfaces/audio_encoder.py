"""AudioEncoder: from a waveform to one feature vector per video frame."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import attrs
from styletalker.core.interfaces.contract import Contract
from torch import Tensor, nn

__all__ = ["AudioEncoder", "AudioFeatures"]


@attrs.frozen(kw_only=True, eq=False)
class AudioFeatures:
    """Features of a piece of audio, and what the next piece needs."""

    audio: Tensor
    """Features [B, T, A] of the frames that became complete."""
    state: Any
    """Opaque; give it to the next call. Never modified in place."""


class AudioEncoder(nn.Module, Contract, interface=True):
    """Hears speech.

    **Maps** ``waveform [B, S] -> audio [B, T, A]`` with T = S * fps / sample_rate: feature t is
    about the samples of frame t, [t * sample_rate / fps, (t+1) * sample_rate / fps).

    **Look-ahead.** Feature t may depend on the past without limit and on the future only up to
    ``look_ahead_frames`` frames beyond frame t. This is a promise: the stream relies on it, and
    the contract kit tests it by changing samples beyond.

    **Streaming.** ``stream`` takes any number of samples, also none, and returns the features
    that have become complete; ``final=True`` flushes the rest, with silence as the future.
    Pieces of any size give the same features as the whole. A state's size does not depend on how
    much was heard: an hour needs no more memory than ten seconds.

    **Ranges and types.** Waveforms are mono float in [-1, 1]; silence is zeros. Features have
    the dtype and device of the parameters.

    **Gradients** flow to every parameter that requires one; a frozen pretrained model has none.

    **Raises** InputError where S does not cover a whole number of frames (``forward``, and the
    total of a stream).
    """

    def __init__(self, config: Any) -> None:
        """Build it from an instance of its configuration class; weights are random."""
        super().__init__()
        self.config = config

    @property
    @abstractmethod
    def sample_rate(self) -> int:
        """Samples per second of the waveform, in Hz."""

    @property
    @abstractmethod
    def fps(self) -> int:
        """Video frames, and so features, per second."""

    @property
    @abstractmethod
    def audio_dim(self) -> int:
        """Features A per frame."""

    @property
    @abstractmethod
    def look_ahead_frames(self) -> int:
        """How many frames beyond frame t feature t depends on."""

    @abstractmethod
    def forward(self, waveform: Tensor) -> Tensor:
        """Features of a whole recording.

        Args:
            waveform: [B, S] in [-1, 1]; silence is assumed after its end.

        Returns:
            audio [B, T, A].
        """

    @abstractmethod
    def stream(self, waveform: Tensor, state: Any = None, *, final: bool = False) -> AudioFeatures:
        """Features of the next piece of a recording.

        Args:
            waveform: [B, S], any S, following what was given before.
            state: what the last call returned; None starts a recording.
            final: whether the recording ends here.

        Returns:
            The features that are now complete, and the new state.
        """
