"""SyncDiscriminator: do these lips say this?"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from styletalker.core.interfaces.contract import Contract
from torch import Tensor, nn

__all__ = ["SyncDiscriminator"]


class SyncDiscriminator(nn.Module, Contract, interface=True):
    """Places video and audio in one space, where what belongs together is near.

    **Maps** ``frames [B, T, 3, H, W] -> [B, N, E]`` and ``waveform [B, S] -> [B, N, E]``, with
    N = T - window_frames + 1: embedding n is about the frames [n, n + window_frames) and about
    the samples of those frames, and of no others than ``audio_margin`` on either side. Both are
    unit vectors, so that their product is a cosine similarity (SyncNet compares distances, Chung &
    Zisserman 2016; the two order alike).

    **The network that scores sync must never be the one a model was trained against**: use two
    instances with other seeds or architectures.

    **Ranges and types.** Frames are whole aligned frames as the corpus gives them, RGB float in
    [-1, 1]; cropping to the mouth and resizing are the discriminator's own business. The
    waveform is mono float in [-1, 1].

    **State.** None.

    **Gradients** flow from ``loss`` to every parameter, and to the frames: this is how lips are
    trained.

    **Raises** InputError where T < window_frames, or S does not cover T frames.
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
        """Video frames per second."""

    @property
    @abstractmethod
    def window_frames(self) -> int:
        """Frames one embedding is about."""

    @property
    def audio_margin(self) -> int:
        """Samples by which an audio embedding may reach beyond its frames on either side; 0.

        Public networks have columns of sound that are longer than the step between them.
        """
        return 0

    @property
    @abstractmethod
    def embedding_dim(self) -> int:
        """Channels E of the common space."""

    @abstractmethod
    def embed_video(self, frames: Tensor) -> Tensor:
        """Unit embeddings [B, N, E] of frames [B, T, 3, H, W] in [-1, 1]."""

    @abstractmethod
    def embed_audio(self, waveform: Tensor) -> Tensor:
        """Unit embeddings [B, N, E] of a waveform [B, S] in [-1, 1]."""

    @abstractmethod
    def loss(self, frames: Tensor, waveform: Tensor) -> Tensor:
        """How badly frames [B, T, 3, H, W] and waveform [B, S] fit: a scalar, lower is better.

        Clip i belongs to recording i; the other recordings of the batch, and the same recording
        at other times, may serve as negatives.
        """

    @abstractmethod
    def chance_level(self, clips: int, frames: int) -> float:
        """The loss of pure guessing on a batch of *clips* with *frames* frames each.

        ln N for a choice among N, ln 2 for yes or no. A training that stays there has learnt
        nothing, the best-known trap of the field; it is watched for and said in words.
        """
