"""Raw videos made on the spot, and simple measures in place of those for faces and lips.

A "face" is any picture that is not dark; its "lips" are its brightness, and the "speech" is as
loud as the picture is bright, so that an offset between them can be measured and put right.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.interfaces.face_analyser import Face, FaceAnalyser
from styletalker.core.media.crop import resize
from styletalker.core.media.video import write_video
from styletalker.plugins.preparation.offset.curve import OffsetCurve
from styletalker.plugins.preparation.offset.decision import decide_offset
from styletalker.plugins.preparation.senses import Senses

__all__ = ["SENSES", "NoFaces", "raw_video", "speech"]

RATE, FPS = 16000, 25
_PER_FRAME = RATE // FPS
_COLOURS = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.5], [0.5, 0.5, 1.0], [1.0, 1.0, 0.4]])


class NoFaces(FaceAnalyser):
    """Sees nothing; the candidates below do not ask it."""

    embedding_dim = 4

    def analyse(self, image: NDArray[np.uint8], *, embed: bool = False) -> tuple[Face, ...]:
        """No face."""
        return ()


def loudness(frames: int, seed: int) -> NDArray[np.float64]:
    """How loud each frame is, 0.2 to 1."""
    return np.random.default_rng(seed).uniform(0.2, 1.0, frames)


def speech(frames: int, seed: int) -> NDArray[np.float32]:
    """Noise [S] that is as loud as :func:`loudness` says."""
    hiss = np.random.default_rng(seed + 1).standard_normal(frames * _PER_FRAME)
    dull = np.convolve(hiss, np.ones(8) / 8, "same")
    return (dull * np.repeat(loudness(frames, seed), _PER_FRAME) * 0.4).astype(np.float32)


def pictures(frames: int, seed: int, person: int, size: int) -> Iterator[NDArray[np.uint8]]:
    """A pattern in the person's colour, as bright as the speech is loud."""
    rng = np.random.default_rng(seed)
    pattern = np.kron(rng.uniform(0.4, 1.0, (4, 4)), np.ones((size // 4, size // 4)))
    for level in loudness(frames, seed):
        yield (pattern[..., None] * _COLOURS[person] * level * 255).astype(np.uint8)


def raw_video(
    path: Path,
    *,
    seed: int = 0,
    person: int = 0,
    frames: int = 50,
    size: int = 64,
    late: int = 0,
    dark: tuple[int, int] = (0, 0),
    sound: bool = True,
) -> Path:
    """Write a talking video whose sound is *late* by so many frames, dark between two frames."""
    heard = np.zeros(frames * _PER_FRAME, np.float32)
    whole = speech(frames, seed)
    first, last = max(late, 0), min(frames, frames + late)
    heard[first * _PER_FRAME : last * _PER_FRAME] = whole[
        (first - late) * _PER_FRAME : (last - late) * _PER_FRAME
    ]
    shown = [
        picture * (not dark[0] <= k < dark[1])
        for k, picture in enumerate(pictures(frames, seed, person, size))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, shown, fps=FPS, waveform=heard if sound else None)
    return path


@attrs.frozen(kw_only=True, eq=False)
class FakeCandidate:
    start: int
    frames: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    shot: int = 0
    track: int = 0
    embedding: NDArray[np.float64]
    facts: dict[str, Any]


@attrs.frozen(kw_only=True)
class FakeRejected:
    start: int
    stop: int
    reason: str
    detail: str = ""


def fake_candidates(movie: Any, config: Any, analyser: Any) -> Iterator[Any]:
    """Bright stretches, cut to clips; dark ones and what is left over are rejected."""
    held: list[NDArray[np.uint8]] = []
    start = position = 0
    for position, frame in enumerate([*movie.frames(fps=FPS), None]):
        bright = frame is not None and frame.mean() > 8
        if held and (not bright or len(held) == config.max_frames):
            yield from _stretch(start, held, config)
            held = []
        if bright:
            if not held:
                start = position
            held.append(frame)
        elif frame is not None:
            yield FakeRejected(start=position, stop=position + 1, reason="no-face", detail="dark")


def _stretch(start: int, frames: list[NDArray[np.uint8]], config: Any) -> Iterator[Any]:
    if len(frames) < config.min_frames:
        yield FakeRejected(start=start, stop=start + len(frames), reason="too-short")
        return
    crops = np.stack([resize(frame, config.size) for frame in frames])
    mean = crops.mean((0, 1, 2)).astype(np.float64)
    yield FakeCandidate(
        start=start,
        frames=crops,
        landmarks=np.full((len(crops), 68, 2), float(start), np.float32),
        embedding=np.array([*(mean - mean.mean()), 1.0]),
        facts={"face_px": float(frames[0].shape[0]), "sharpness": 0.5, "yaw_deg": 1.0},
    )


@attrs.frozen
class FakeSound:
    level: float

    def plain(self) -> dict[str, Any]:
        return {"level": round(self.level, 4)}


def fake_sound_facts(waveform: NDArray[np.float32], sample_rate: int) -> FakeSound:
    """How loud it is."""
    return FakeSound(float(np.abs(waveform).mean()))


def fake_sound_fault(facts: FakeSound, config: Any) -> tuple[str, str]:
    """Silence is rejected."""
    return ("silent", f"level {facts.level:.4f}") if facts.level < 1e-3 else ("", "")


def fake_curve(
    landmarks: Any,
    frames: NDArray[np.uint8],
    waveform: NDArray[np.float32],
    fps: float,
    sample_rate: int,
    *,
    before: int,
    max_shift: int,
) -> OffsetCurve:
    """How brightness and loudness go together at each offset."""
    bright = frames.mean((1, 2, 3)).astype(np.float64)
    loud = np.sqrt((waveform[: len(waveform) // 640 * 640].reshape(-1, 640) ** 2).mean(1))
    bright, loud = bright - bright.mean(), (loud - loud.mean()) / max(loud.std(), 1e-6)
    bright /= max(bright.std(), 1e-6)
    evidence = np.zeros((len(bright), 2 * max_shift + 1))
    for shift in range(-max_shift, max_shift + 1):
        for t in range(len(bright)):
            place = t + before + shift
            if 0 <= place < len(loud):
                evidence[t, shift + max_shift] = bright[t] * loud[place]
    pieces = np.add.reduceat(evidence, np.arange(0, len(evidence), 5), axis=0)
    return OffsetCurve(evidence=pieces, frames=len(bright), scorer="fake")


SENSES = Senses(
    candidates=fake_candidates,
    sound_facts=fake_sound_facts,
    sound_fault=fake_sound_fault,
    offset_curve=fake_curve,
    decide_offset=decide_offset,
)
