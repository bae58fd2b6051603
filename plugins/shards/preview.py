"""A look at a corpus: a contact sheet, and clips with sound and their ground truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.files import write_json
from styletalker.core.interfaces.corpus import Corpus
from styletalker.core.media.image import write_png
from styletalker.core.media.video import write_video
from styletalker.plugins.shards.archive import facts_of

__all__ = ["ground_truth", "preview", "sheet_of"]

_COLUMNS = 8
"""Moments of each clip on the contact sheet: one clip is one row."""


def preview(
    corpus: Corpus,
    split: str,
    clips: int,
    folder: Path,
    done: Callable[[int], object] = int,
) -> list[Path]:
    """Write ``sheet.png``, and ``clip-000.mp4`` and ``clip-000.json`` for each clip.

    Args:
        corpus: what to look at.
        split: one of its splits.
        clips: how many, from the first; fewer if there are fewer.
        folder: where to.
        done: called with 1 for each clip.

    Returns:
        The files written.

    Raises:
        InputError: the split does not exist.
        RunError: a file cannot be written.
    """
    written, rows = [], []
    for index in range(min(clips, corpus.count(split))):
        clip = corpus.clip(split, index)
        video = folder / f"clip-{index:03d}.mp4"
        write_video(
            video,
            clip.frames,
            fps=clip.fps,
            waveform=clip.waveform,
            sample_rate=clip.sample_rate,
        )
        write_json(video.with_suffix(".json"), ground_truth(clip))
        rows.append(sheet_of(clip))
        written += [video, video.with_suffix(".json")]
        done(1)
    sheet = folder / "sheet.png"
    write_png(sheet, np.concatenate(rows))
    return [sheet, *written]


def sheet_of(clip: Clip) -> NDArray[np.uint8]:
    """Evenly spaced moments of a clip side by side, [H, columns * W, 3]."""
    moments = np.linspace(0, len(clip.frames) - 1, _COLUMNS).round().astype(int)
    return np.concatenate([clip.frames[moment] for moment in moments], axis=1)


def ground_truth(clip: Clip) -> dict[str, Any]:
    """Everything that is known about a clip, ready for JSON; arrays as lists, per frame."""
    known = facts_of(clip)
    if clip.parameters is not None:
        values = np.round(clip.parameters.astype(float), 5).tolist()
        known["parameters"] = {"names": known.pop("parameter_names"), "values": values}
    if clip.landmarks is not None:
        known["landmarks"] = np.round(clip.landmarks.astype(float), 3).tolist()
    if clip.visible is not None:
        known["visible"] = clip.visible.astype(bool).tolist()
    return known
