"""One talk, streamed: the sound of a frame in, finished frames out, bit for bit the same.

Everything with a memory (audio encoder, prior, decoder) takes one step per frame, and images are
made in groups of a fixed number of frames, counted from the first. So no operation's shape, and
with it no rounding, depends on how the sound came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.core.errors import CheckpointError
from styletalker.core.generation.motion import MotionSource
from styletalker.core.generation.networks import Networks
from styletalker.core.interfaces.inverter import Inversion
from styletalker.core.training.frames import to_bytes
from torch import Tensor

__all__ = ["GROUP", "perform"]

GROUP = 4
"""Frames per image batch: 0.16 s. On a CPU larger groups are not faster (see
tests/benchmarks/generation.py), and the first frame comes later."""


def perform(
    networks: Networks,
    portrait: Inversion,
    sound: Iterable[NDArray[np.float32]],
    motion: MotionSource,
    *,
    motion_scale: float = 1.0,
    gains: Tensor | None = None,
) -> Iterator[NDArray[np.uint8]]:
    """Frames [R, R, 3] of a talk, as many as there are pieces of sound.

    A frame comes as soon as its group's sound, and the encoder's look-ahead, has been read.

    Args:
        networks: the talker's.
        portrait: who speaks.
        sound: the samples [hop] of each frame.
        motion: how the head moves.
        motion_scale: what motion is multiplied with; 0 keeps the head still.
        gains: what each channel's change from the portrait is multiplied with, [L, D].

    Raises:
        CheckpointError: the talker's output is not finite.
    """
    stream = _Performance(networks, portrait, motion, motion_scale, gains)
    return stream.frames(sound)


class _Performance:
    """The state of a talk."""

    def __init__(
        self,
        networks: Networks,
        portrait: Inversion,
        motion: MotionSource,
        scale: float,
        gains: Tensor | None,
    ) -> None:
        self._networks, self._motion, self._scale = networks, motion, scale
        self._gains = None if gains is None else gains.to(portrait.ws)
        self._ws_ref, self._generator = portrait.ws, portrait.generator
        self._heard: Any = None
        self._decoded: Any = None
        self._codes: list[Tensor] = []
        self._made = 0

    def frames(self, sound: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.uint8]]:
        """Hear everything, and show it."""
        for samples in sound:
            yield from self._hear(samples)
        yield from self._hear(None)

    @torch.no_grad()
    def _hear(self, samples: NDArray[np.float32] | None) -> list[NDArray[np.uint8]]:
        """The frames that are complete after the sound of one more; None ends the sound."""
        networks, final = self._networks, samples is None
        piece = np.zeros(0, np.float32) if samples is None else samples
        waveform = torch.from_numpy(piece.copy())[None].to(networks.device)
        features = networks.audio_encoder.stream(waveform, self._heard, final=final)
        self._heard = features.state
        frames: list[NDArray[np.uint8]] = []
        for t in range(features.audio.shape[1]):
            audio = features.audio[:, t : t + 1].contiguous()
            motion = self._scale * self._motion.next(audio)
            decoded = networks.motion_vae.decode(motion, audio, self._ws_ref, self._decoded)
            self._decoded = decoded.state
            self._codes.append(self._shown(decoded.ws[:, 0]))
            if len(self._codes) == GROUP:
                frames += self._show()
        return frames + self._show() if final and self._codes else frames

    def _shown(self, ws: Tensor) -> Tensor:
        """Codes [1, L, D] with the movements that are wanted."""
        return ws if self._gains is None else self._ws_ref + self._gains * (ws - self._ws_ref)

    def _show(self) -> list[NDArray[np.uint8]]:
        """The images of a group; one that is not full is filled up, and only its own kept."""
        count = len(self._codes)
        group = torch.cat([*self._codes, *[self._codes[-1]] * (GROUP - count)])  # [GROUP, L, D]
        images = self._generator.synthesis(group)[:count]
        if not images.isfinite().all():
            last = self._made + count - 1
            raise CheckpointError(
                f"frames {self._made} to {last} are not finite: the talker's weights are unusable"
            )
        self._codes, self._made = [], self._made + count
        return list(to_bytes(images).contiguous().cpu().numpy())
