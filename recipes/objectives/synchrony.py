"""The loss of sync discriminators."""

from __future__ import annotations

from collections.abc import Mapping

from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator
from styletalker.core.training.draws import Draws
from styletalker.core.training.frames import to_unit
from styletalker.core.training.objective import Objective
from torch import Tensor

__all__ = ["Synchrony"]

_GAIN, _OFFSET = 0.2, 0.2
"""Most that contrast and brightness are changed by, relative and in units of the image's range of
[-1, 1]: light tells nothing of speech."""


class Synchrony(Objective):
    """A discriminator's own loss on windows of real clips, under changing light.

    On several processes the negatives are those of each process's own items.
    """

    def __init__(
        self, sync_discriminator: SyncDiscriminator, *, clips: int, frames: int, light: bool
    ) -> None:
        """Train it on batches of *clips* windows of *frames* frames."""
        super().__init__()
        self.sync_discriminator = sync_discriminator
        self._light = light
        self._chance = sync_discriminator.chance_level(clips, frames)

    def chance_level(self) -> float:
        """The loss of pure guessing."""
        return self._chance

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
        """The loss of a batch of :class:`~styletalker.recipes.objectives.windows.WindowSource`."""
        frames = to_unit(batch["frames"])
        if self._light:
            gain = 1 + _GAIN * (2 * draws.uniform(len(frames), 1, 1, 1, 1) - 1)
            offset = _OFFSET * (2 * draws.uniform(len(frames), 1, 3, 1, 1) - 1)
            frames = frames * gain + offset
        return {"sync": self.sync_discriminator.loss(frames, batch["waveform"])}
