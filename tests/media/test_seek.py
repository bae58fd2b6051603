"""A video read from a frame on shows what it shows there when it is read from its start."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from styletalker.core.errors import InputError
from styletalker.core.media import movie
from styletalker.core.media.movie import MovieFile

_VARYING = np.cumsum(np.random.default_rng(0).integers(20, 60, 240)).tolist()


def write(path: Path, codec: str, options: dict[str, str], fps: int, *, varying: bool) -> None:
    """240 small pictures that are all different."""
    with av.open(str(path), "w") as container:
        track: Any = container.add_stream(codec, rate=fps, options=options)
        track.width = track.height = 32
        track.pix_fmt, track.thread_count = "yuv420p", 1
        if varying:
            track.time_base = track.codec_context.time_base = Fraction(1, 1000)
        for number in range(240):
            picture = np.full((32, 32, 3), 40, np.uint8)
            picture[number % 32, :, 0], picture[:, number // 8] = 255, 220
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if varying:
                frame.pts, frame.time_base = _VARYING[number], Fraction(1, 1000)
            container.mux(track.encode(frame))
        container.mux(track.encode())


@pytest.mark.parametrize(
    ("name", "codec", "options", "fps", "varying"),
    [
        ("keyframes.mp4", "libx264", {"g": "20"}, 25, False),
        ("rare-keyframes.mkv", "libx264", {"g": "1000"}, 25, False),
        ("open.mov", "libx264", {"x264-params": "open-gop=1:keyint=20:bframes=3"}, 30, False),
        ("stream.ts", "libx264", {"g": "20", "bf": "2"}, 25, False),
        ("varying.mkv", "libx264", {"g": "20"}, 25, True),
        ("no-stamps.h264", "libx264", {"g": "20"}, 25, False),
        ("old.avi", "mpeg4", {}, 25, False),
    ],
)
def test_the_same_frames(
    tmp_path: Path, name: str, codec: str, options: dict[str, str], fps: int, varying: bool
) -> None:
    write(tmp_path / name, codec, options, fps, varying=varying)
    file = MovieFile.open(tmp_path / name)
    whole = list(file.frames())
    for first in (0, 40, 51, 120, 133, len(whole) - 1, len(whole), len(whole) + 9):
        found = list(file.frames(first=first))
        assert len(found) == max(0, len(whole) - first), first
        assert all(map(np.array_equal, found, whole[first:])), first


def test_what_comes_before_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.mp4", "libx264", {"g": "20"}, 25, varying=False)
    file = MovieFile.open(tmp_path / "a.mp4")
    decoded: list[Any] = []
    real = movie._upright

    def counted(*given: Any) -> Any:
        decoded.append(given)
        return real(*given)

    monkeypatch.setattr(movie, "_upright", counted)
    assert len(list(file.frames(first=230))) == 10
    assert len(decoded) <= 60


def test_a_frame_before_the_first(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", "libx264", {}, 25, varying=False)
    with pytest.raises(InputError, match="first frame; expected at least 0, got -1"):
        next(MovieFile.open(tmp_path / "a.mp4").frames(first=-1))
