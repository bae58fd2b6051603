"""Motion by the frame: drawn from the prior, or read off a video."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.core.generation.networks import Networks
from styletalker.core.interfaces.inverter import Following
from torch import Tensor

__all__ = [
    "ENDS",
    "DrawnMotion",
    "End",
    "GivenMotion",
    "MotionSource",
    "check_end",
    "read_motion",
    "wrapped",
]

End = Literal["hold", "loop", "mirror"]
"""What goes on when a motion is over: its last frame, its first, or itself backwards."""
ENDS: tuple[End, ...] = ("hold", "loop", "mirror")

_WINDOW = 64
"""Frames the posterior sees at once: 2.56 s."""
_MARGIN = 16
"""Frames at a window's ends whose motion the next or the last window gives: its recurrence has
seen less than 0.64 s on one side of them."""
_AT_ONCE = 8
"""Frames whose codes are found at once."""
_MOST_SEED = 2**63 - 1


class MotionSource(Protocol):
    """Gives the motion of one frame after the other."""

    def next(self, audio: Tensor) -> Tensor:
        """Motion [1, 1, Z] of the next frame, whose audio is [1, 1, A]."""
        ...


class DrawnMotion:
    """Motion from the prior; the noise of a frame depends on the seed and its number alone."""

    def __init__(
        self, networks: Networks, ws_ref: Tensor, *, seed: int, temperature: float
    ) -> None:
        """Start a recording.

        Raises:
            InputError: *seed* is not within 0 to 2^63 - 1, or *temperature* is below 0 or infinite.
        """
        if not 0 <= seed <= _MOST_SEED:
            raise InputError(compose("seed", expected="0 to 2^63 - 1", given=seed))
        if not (math.isfinite(temperature) and temperature >= 0):
            raise InputError(compose("temperature", expected="at least 0", given=temperature))
        self._prior, self._ws_ref = networks.prior, ws_ref
        self._size, self._temperature = networks.motion_vae.motion_dim, temperature
        self._noise = torch.Generator().manual_seed(seed)
        self._state: Any = None

    def next(self, audio: Tensor) -> Tensor:
        """Motion [1, 1, Z] of the next frame."""
        noise = torch.randn(1, 1, self._size, generator=self._noise).to(audio)
        drawn = self._prior.sample(
            audio, self._ws_ref, noise, temperature=self._temperature, state=self._state
        )
        self._state = drawn.state
        return drawn.motion


class GivenMotion:
    """A known motion, frame by frame, and what follows when it is over."""

    def __init__(self, motion: NDArray[np.float32], end: End, *, motion_dim: int) -> None:
        """Follow *motion* [T, Z].

        Raises:
            InputError: it is of another shape, empty, or *end* is none of :data:`ENDS`.
        """
        if motion.ndim != 2 or motion.shape[1] != motion_dim or not len(motion):
            expected = f"[T, {motion_dim}], T > 0"
            raise InputError(compose("motion", expected=expected, given=list(motion.shape)))
        check_end(end)
        self._motion, self._end, self._position = motion, end, 0

    def next(self, audio: Tensor) -> Tensor:
        """Motion [1, 1, Z] of the next frame."""
        place = wrapped(self._position, len(self._motion), self._end)
        self._position += 1
        return torch.from_numpy(self._motion[place].copy())[None, None].to(audio)


def check_end(end: str) -> None:
    """Refuse what is none of :data:`ENDS`.

    Raises:
        InputError: it is none.
    """
    if end not in ENDS:
        raise InputError(compose("no such motion end", given=end, name=end, choices=ENDS))


def wrapped(position: int, length: int, end: End) -> int:
    """Which of *length* frames stands at *position* of a line without end."""
    if end == "hold" or length == 1:
        return min(position, length - 1)
    if end == "loop":
        return position % length
    folded = position % (2 * (length - 1))  # the frames at both ends are not doubled
    return min(folded, 2 * (length - 1) - folded)


@torch.no_grad()
def read_motion(networks: Networks, frames: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """The motion [T, Z] of a video: the posterior's means.

    The posterior looks both ways in time. It sees windows that overlap, and the middle of each is
    kept, so that memory does not grow with the video's length.

    Args:
        networks: the talker's.
        frames: of one person, [R, R, 3] with R the talker's resolution, at its frame rate.

    Raises:
        InputError: there is no frame.
    """
    if isinstance(networks.inverter, Following) and not networks.motion_vae.sees_frames:
        return _followed(networks, networks.inverter, frames)
    reader = _MotionReader(networks)
    for frame in frames:
        reader.add(frame)
    return reader.finish()


def _followed(
    networks: Networks, inverter: Following, frames: Iterable[NDArray[np.uint8]]
) -> NDArray[np.float32]:
    """The motion [T, Z] of a whole video by its codes."""
    side = networks.generator.resolution
    ws = inverter.follow(frames)[None].to(networks.device)  # [1, T, L, D]
    unseen = ws.new_zeros(()).expand(1, ws.shape[1], 3, side, side)
    mean = networks.motion_vae.encode(unseen, ws).mean[0]
    return mean.float().cpu().numpy()


class _MotionReader:
    """Collects frames, and reads the motion of full windows."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._frames: list[Tensor] = []
        """Frames [3, R, R] of the window."""
        self._ws: list[Tensor] = []
        """Codes [n, L, D] of its frames, up to the last *_AT_ONCE*."""
        self._coded = 0
        self._skipped = 0
        """Frames of the window whose motion is known already."""
        self._found: list[NDArray[np.float32]] = []
        self._person: Any = None

    def add(self, frame: NDArray[np.uint8]) -> None:
        """Take the next frame."""
        if len(self._frames) == _WINDOW:
            self._read(_WINDOW - _MARGIN)
            step = _WINDOW - 2 * _MARGIN
            self._ws = [torch.cat(self._ws)[step:].clone()]
            self._frames, self._coded, self._skipped = self._frames[step:], 2 * _MARGIN, _MARGIN
        self._frames.append(self._networks.unit(frame[None])[0])
        if len(self._frames) - self._coded == _AT_ONCE:
            self._code()

    def finish(self) -> NDArray[np.float32]:
        """Read the last window."""
        if not self._frames:
            raise InputError("the motion video holds no frame")
        self._read(len(self._frames))
        return np.concatenate(self._found)

    def _read(self, stop: int) -> None:
        """The motion of the window's frames up to *stop*."""
        self._code()
        ws, window = torch.cat(self._ws)[None], torch.stack(self._frames)[None]
        mean = self._networks.motion_vae.encode(window, ws).mean[0]  # [T, Z]
        self._found.append(mean[self._skipped : stop].float().cpu().numpy())

    def _code(self) -> None:
        """The codes of the frames that have none yet; the first frame is the person's portrait."""
        new = self._frames[self._coded :]
        if not new:
            return
        if self._person is None:
            self._person = self._networks.invert(new[0][None])
        self._ws.append(self._networks.track(torch.stack(new), self._person))
        self._coded = len(self._frames)
