"""The renderer's ceiling: ground-truth videos through inverter and generator."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from styletalker.core.clip import Clip
from styletalker.core.run.context import StageContext

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from styletalker.core.interfaces.generator import Generator
    from styletalker.core.interfaces.inverter import Inverter

__all__ = ["NETWORKS", "Reconstructor", "load_networks"]

NETWORKS = ("talker", "generator", "inverter")
"""Artifacts in which generator and inverter may be."""
_CHUNK = 32
"""Frames at a time: memory does not grow with the length of the clip."""


class Reconstructor:
    """Sees a video through the eyes of an inverter, and paints it with a generator."""

    def __init__(self, generator: Generator, inverter: Inverter) -> None:
        """Use both in evaluation mode."""
        self.generator, self.inverter = generator.eval(), inverter.eval()

    def write(self, clip: Clip, path: Path) -> None:
        """Write *clip* as it comes out to *path*, losing nothing further; an old file stays."""
        from styletalker.core.media.video import write_video

        if path.exists():
            return
        write_video(path, self.frames(clip), fps=clip.fps, quality="lossless")

    def frames(self, clip: Clip) -> Iterator[NDArray[np.uint8]]:
        """The frames [H, W, 3]; the first one is the portrait."""
        import torch
        from styletalker.core.training.frames import to_bytes, to_unit

        frozen = torch.no_grad if self.inverter.trainable else contextlib.nullcontext
        seen = torch.from_numpy(clip.frames)
        with frozen():
            portrait = self.inverter.invert(to_unit(seen[:1]), self.generator)
        for start in range(0, len(seen), _CHUNK):
            with frozen():
                part = to_unit(seen[start : start + _CHUNK])[None]
                ws = self.inverter.track(part, portrait)[0]
                with torch.no_grad():
                    images = portrait.generator.synthesis(ws, noise="const")
            yield from to_bytes(images).numpy()


def load_networks(context: StageContext) -> Reconstructor | None:
    """From the artifact ``talker``, or from ``generator`` and ``inverter``; None without them.

    Raises:
        CheckpointError: the weights are damaged, or do not fit.
    """
    from styletalker.core.checkpoint import load_component
    from styletalker.core.pretrained import load_talker_components

    if "talker" in context.inputs:
        talker = load_talker_components(context.inputs["talker"], context.registry)
        return Reconstructor(talker.get("generator"), talker.get("inverter"))
    if "generator" in context.inputs and "inverter" in context.inputs:
        parts: list[Any] = [
            load_component(context.inputs[role], context.registry)
            for role in ("generator", "inverter")
        ]
        return Reconstructor(*parts)
    return None
