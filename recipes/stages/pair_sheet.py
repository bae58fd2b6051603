"""Pictures of a training of generator and inverter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inverter
from styletalker.core.media.image import write_png
from styletalker.core.run.context import StageContext
from styletalker.core.training.frames import FrameCache, to_bytes, to_unit
from torch import nn

__all__ = ["PEOPLE", "PairSheet"]

PEOPLE = 6
"""Rows of a sheet."""
_FRAMES = 4


class PairSheet:
    """Writes a sheet: a row per person with the portrait, frames, and what was made of them.

    The last picture of a row is the portrait itself, from its own codes.
    """

    def __init__(self, cache: FrameCache, context: StageContext, path: Path) -> None:
        """Show people of *cache* in *path* and in TensorBoard."""
        self._cache, self._context, self._path = cache, context, path

    def __call__(self, modules: Mapping[str, nn.Module], step: int) -> None:
        """Draw the sheet after *step*, and record what it measures."""
        generator, inverter = modules["generator"], modules["inverter"]
        assert isinstance(generator, Generator)
        assert isinstance(inverter, Inverter)
        device = next(inverter.parameters()).device
        rows, errors = [], []
        for clip in range(min(PEOPLE, self._cache.clips)):
            places = np.linspace(0, self._cache.lengths[clip] - 1, _FRAMES).astype(int)
            pictures = np.stack([self._cache.frames(clip, t, t + 1)[0] for t in places])
            frames = to_unit(torch.from_numpy(pictures).to(device))[None]  # [1, 4, 3, H, W]
            inversion = inverter.invert(frames[:, 0], generator)
            images = inversion.generator.synthesis(inverter.track(frames, inversion)[0])
            errors.append((images.clamp(-1, 1) - frames[0]).square().mean((1, 2, 3)) / 4)
            made = to_bytes(images)
            rows.append(np.concatenate([*pictures, *made[1:], made[0]], 1))
        write_png(self._path, np.concatenate(rows))
        self._context.tensorboard.add_image(
            f"{self._context.name}/unseen", np.concatenate(rows), step, dataformats="HWC"
        )
        psnr = -10 * torch.stack(errors).log10()  # [people, frames]
        own, moved = float(psnr[:, 0].mean()), float(psnr[:, 1:].mean())
        self._context.record(step, unseen_psnr_portrait=own, unseen_psnr_moved=moved)
        self._context.say(
            f"unseen people after {step} steps: {own:.1f} dB for the portrait itself, "
            f"{moved:.1f} dB for other frames made of it"
        )
