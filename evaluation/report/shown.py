"""Clips to look at: playable videos, filmstrips, curves of lips and head."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from styletalker.core.clip import Clip
from styletalker.core.errors import StyletalkerError
from styletalker.core.files import atomic_path
from styletalker.core.media.crop import resize
from styletalker.core.media.video import write_video
from styletalker.evaluation.harness.method import Method, Sample
from styletalker.evaluation.harness.source import has_sound
from styletalker.evaluation.observe import observe
from styletalker.evaluation.report.svg import Line, chart

__all__ = ["Shown", "show"]

_MEDIA = "media"
_STRIP_FRAMES = 10
"""Frames of a filmstrip."""
_STRIP_SIDE = 128
"""Height of its frames, in pixels."""
_LARGEST = 512
"""Videos on the page are at most so high, in pixels."""
_TRUTH_STYLE = 0


@attrs.frozen(kw_only=True)
class Shown:
    """A clip on the page."""

    name: str
    """Of the clip."""
    markup: str
    """HTML."""


def show(folder: Path, methods: Sequence[Method], names: Iterable[str]) -> list[Shown]:
    """Write what the page shows of the clips *names* to ``FOLDER/media``, and the HTML for it."""
    judged = [method for method in methods if method.kind in ("method", "ceiling")]
    found = []
    for place, name in enumerate(names):
        parts = _Parts(folder=folder, stem=f"{place:02d}")
        samples = [
            (method.name, sample) for method in judged for sample in method.samples
            if sample.name == name
        ]  # fmt: skip
        found.append(Shown(name=name, markup=parts.markup(samples)))
    return found


@attrs.define(kw_only=True)
class _Parts:
    """The pictures, videos and curves of one clip."""

    folder: Path
    stem: str

    def markup(self, samples: Sequence[tuple[str, Sample]]) -> str:
        reference = next((s.reference for _, s in samples if s.reference is not None), None)
        clips: list[tuple[str, Clip]] = []
        faults = []
        entries = [] if reference is None else [("ground truth", reference)]
        for name, source in [*entries, *((name, s.generated) for name, s in samples)]:
            try:
                clips.append((name, source.load()))
            except StyletalkerError as error:
                faults.append(f'<p class="fault">{html.escape(f"{name}: {error}")}</p>')
        if not clips:
            return "".join(faults)
        first = 0 if reference is not None and clips[0][0] == "ground truth" else 1
        return "".join(
            [*faults, self._videos(clips), self._strips(clips), *self._curves(clips, first)]
        )

    def _videos(self, clips: Sequence[tuple[str, Clip]]) -> str:
        parts = []
        for name, clip in clips:
            file = f"{_MEDIA}/{self.stem}-{_slug(name)}.mp4"
            poster = file.replace(".mp4", "-0.jpg")
            self._picture(poster, _even(clip.frames[0]))
            sound = clip.waveform if has_sound(clip) else None
            write_video(
                self.folder / file,
                (_even(frame) for frame in clip.frames),
                fps=clip.fps,
                waveform=sound,
                sample_rate=clip.sample_rate,
                quality="playable",
            )
            parts.append(
                f'<figure><video controls loop playsinline preload="metadata" '
                f'poster="{poster}" src="{file}">'
                f"</video><figcaption>{html.escape(name)}</figcaption></figure>"
            )
        return f'<div class="videos">{"".join(parts)}</div>'

    def _picture(self, file: str, image: NDArray[np.uint8]) -> None:
        with atomic_path(self.folder / file) as path:
            Image.fromarray(image).save(path, format="JPEG", quality=88)

    def _strips(self, clips: Sequence[tuple[str, Clip]]) -> str:
        count = min(len(clip.frames) for _, clip in clips)
        chosen = np.unique(np.linspace(0, count - 1, min(_STRIP_FRAMES, count)).round().astype(int))
        parts = []
        for name, clip in clips:
            file = f"{_MEDIA}/{self.stem}-{_slug(name)}.jpg"
            row = np.concatenate([_small(clip.frames[t]) for t in chosen], axis=1)
            self._picture(file, row)
            numbers = ", ".join(map(str, chosen))
            alt = html.escape(f"{name}: frames {numbers}", quote=True)
            parts.append(
                f"<figcaption>{html.escape(name)}</figcaption>"
                f'<img src="{file}" alt="{alt}" width="{row.shape[1]}" height="{row.shape[0]}">'
            )
        every = f"frames {chosen[0]} to {chosen[-1]}, one in {max(1, count // len(chosen))}"
        return f'<figure class="strips" title="{every}">{"".join(parts)}</figure>'

    def _curves(self, clips: Sequence[tuple[str, Clip]], first: int) -> list[str]:
        """Lips over the sound, and the head's angles; the ground truth is drawn in style 0."""
        lips, poses, faults = [], [], []
        for style, (name, clip) in enumerate(clips, start=first):
            try:
                seen = observe(clip)
                lips.append(Line(name=name, values=seen.aperture, style=style))
                poses.append((name, style, seen.pose))
            except StyletalkerError as error:
                faults.append(f'<p class="fault">{html.escape(str(error))}</p>')
        if not lips:
            return faults
        fps = clips[0][1].fps
        parts = [chart(lips, fps=fps, label="lip aperture [IOD]", waveform=clips[0][1].waveform)]
        for angle in ("yaw", "pitch", "roll"):
            lines = [
                Line(name=name, values=getattr(pose, angle), style=style)
                for name, style, pose in poses
            ]
            parts.append(chart(lines, fps=fps, label=f"{angle} [deg]"))
        return [*faults, f'<div class="plots">{"".join(parts)}</div>']


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "clip"


def _even(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A frame of even height and width, at most 512 px high: what yuv420p can hold."""
    height, width = frame.shape[:2]
    if height > _LARGEST:
        height, width = _LARGEST, max(2, round(width * _LARGEST / height))
        frame = resize(frame, (height, width))
    return np.ascontiguousarray(frame[: height - height % 2 or 1, : width - width % 2 or 1])


def _small(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = frame.shape[:2]
    return resize(frame, (_STRIP_SIDE, max(1, round(width * _STRIP_SIDE / height))))
