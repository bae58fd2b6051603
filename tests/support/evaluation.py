"""Small clips and methods for the tests of the harness."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from styletalker.core.clip import Clip, Phoneme
from styletalker.core.media.video import write_video
from styletalker.core.registry import Registry
from styletalker.evaluation.harness.default import choose_metrics
from styletalker.evaluation.harness.method import Method, Sample
from styletalker.evaluation.harness.source import ClipSource, Source
from styletalker.evaluation.harness.tool import Tool, tools_of

__all__ = ["DeadlySource", "degraded", "method", "moving_clip", "tools", "write_clip"]


def moving_clip(index: int, *, frames: int = 8, side: int = 32) -> Clip:
    """A square that wanders over a gradient, with noise as sound; another index, another one."""
    rng = np.random.default_rng(index)
    ramp = np.linspace(20, 200, side)
    pictures = np.empty((frames, side, side, 3), np.uint8)
    for t in range(frames):
        picture = np.stack([np.add.outer(ramp, ramp[::-1]) / 2] * 3, -1)
        at = 2 + (t + 3 * index) % (side // 2)
        picture[at : at + 8, at : at + 8] = (200, 40 + 20 * index, 60)
        pictures[t] = picture.astype(np.uint8)
    return Clip(
        name=f"clip{index}",
        identity=f"person{index}",
        frames=pictures,
        waveform=(rng.normal(0, 0.1, frames * 640)).clip(-1, 1).astype(np.float32),
        phonemes=(Phoneme("a", 0.0, 0.1), Phoneme("m", 0.1, 0.2)),
    )


def degraded(clip: Clip, noise: float) -> Clip:
    """The same with Gaussian noise of so many grey levels in each pixel."""
    import attrs

    rng = np.random.default_rng(1)
    noisy = clip.frames + rng.normal(0, noise, clip.frames.shape)
    return attrs.evolve(clip, frames=noisy.clip(0, 255).astype(np.uint8))


def method(name: str, clips: Sequence[Clip], truths: Sequence[Clip] = (), **more: Any) -> Method:
    """A method of clips in memory, with their ground truths if there are some."""
    references: list[ClipSource | None] = [ClipSource(one) for one in truths]
    references = references or [None] * len(clips)
    samples = tuple(
        Sample(name=clip.name, generated=ClipSource(clip), reference=reference)
        for clip, reference in zip(clips, references, strict=True)
    )
    return Method(name=name, samples=samples, **more)


def tools(*names: str) -> list[Tool]:
    """Installed metrics."""
    registry = Registry.installed()
    return tools_of(choose_metrics(names, registry), registry)


def write_clip(path: Path, clip: Clip, *, sound: bool = True) -> None:
    """Write a clip as a lossless video."""
    waveform = clip.waveform if sound else None
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, clip.frames, fps=clip.fps, waveform=waveform, quality="lossless")


class DeadlySource(Source):
    """A clip that no process survives to read."""

    def load(self) -> Clip:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("alive")
