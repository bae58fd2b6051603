"""Long and large videos: bounded memory, clips as soon as they end, cuts where the lips rest."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.interfaces.face_analyser import Face
from styletalker.plugins.preparation.analysis.config import AnalysisConfig
from styletalker.plugins.preparation.analysis.cutting import quietest
from styletalker.plugins.preparation.analysis.results import Candidate
from styletalker.plugins.preparation.analysis.stream import candidates
from support.scenes import FollowsRed, SeesRed, movie, red_disc

Images = NDArray[np.uint8]
SIDE = 64
CONFIG = AnalysisConfig(size=64, min_clip_s=1.0, max_clip_s=2.0, min_face=24, min_sharpness=0.0)
MOST_FRAMES = CONFIG.max_frames + CONFIG.min_frames


class Film:
    """A face in changing light; remembers how many of its frames are alive, and how many came."""

    def __init__(self, frames: int, height: int = SIDE, width: int = SIDE) -> None:
        self.frames, self.size = frames, (height, width)
        self.alive = self.most = self.given = 0

    def __call__(self) -> Iterator[Images]:
        rng = np.random.default_rng(0)
        base = red_disc(*self.size)
        for _ in range(self.frames):
            image = base + np.uint8(rng.integers(0, 20))
            weakref.finalize(image, self._gone)
            self.alive += 1
            self.most = max(self.most, self.alive)
            self.given += 1
            yield image
            del image

    def _gone(self) -> None:
        self.alive -= 1


def clips_of(film: Film, config: AnalysisConfig = CONFIG) -> Iterator[Candidate]:
    for one in candidates(movie(film, film.size), config, FollowsRed(None)):
        assert isinstance(one, Candidate)
        yield one


def test_a_long_video_is_cut_without_gaps_and_within_the_lengths() -> None:
    clips = list(clips_of(Film(333)))
    assert clips[0].start == 0
    assert [clip.start for clip in clips[1:]] == [clip.stop for clip in clips[:-1]]
    assert clips[-1].stop == 333
    assert all(CONFIG.min_frames <= len(clip.frames) <= CONFIG.max_frames for clip in clips)
    assert all(np.allclose(clip.embedding, [0.6, 0.8]) for clip in clips)


def test_clips_come_before_the_video_ends() -> None:
    film = Film(500)
    next(clips_of(film))
    assert film.given < MOST_FRAMES + 25 + 32 + 10


def test_decoded_frames_do_not_pile_up() -> None:
    film = Film(200)
    for _ in clips_of(film):
        gc.collect()
    assert film.most <= 8


def test_a_huge_picture_is_shrunk_and_its_window_is_told_in_its_own_pixels() -> None:
    film = Film(30, 2160, 4096)
    config = AnalysisConfig(**{**CONFIG.plain(), "largest_side": 512, "min_clip_s": 0.8})
    clip = next(clips_of(film, config))
    assert clip.frames.shape == (30, 64, 64, 3)
    # The face is half as wide as the picture is high, in its middle.
    middle = clip.window.to_input(np.array([32.0, 32.0]), 64)
    assert middle[0] == pytest.approx(2048, abs=30)
    assert clip.facts["face_px"] == pytest.approx(1080, rel=0.12)


class Talking(FollowsRed):
    """Its lips rest in frames 30 to 36 and move otherwise."""

    count = 0

    def follow(self, image: Images, box: NDArray[np.float32]) -> Face:
        face = super().follow(image, box)
        if len(image) == 384:  # landmarks are placed three times a frame
            self.count += 1
        frame = (self.count - 1) // 3
        opening = 0.02 if 30 <= frame < 37 else 0.12 + 0.05 * (frame % 3)
        face.landmarks[[65, 66, 67], 1] += opening * 100
        return face


def test_long_runs_are_cut_where_the_lips_rest() -> None:
    film = Film(80)
    found = list(candidates(movie(film, film.size), CONFIG, Talking(None)))
    assert [type(one) for one in found] == [Candidate, Candidate]
    assert found[1].stop == 80
    assert 30 <= found[0].stop <= 37


def test_the_quietest_moment() -> None:
    openings = np.full(40, 0.2)
    openings[17:24] = 0.0
    assert 18 <= quietest(openings, 5, 35) <= 23
    assert quietest(np.zeros(40), 5, 35) == 35
    assert quietest(openings, 30, 35) >= 30


def test_an_analyser_that_cannot_follow_will_do() -> None:
    found = list(candidates(movie(Film(30), (SIDE, SIDE)), CONFIG, SeesRed(None)))
    assert [(one.start, one.stop) for one in found] == [(0, 30)]
    assert isinstance(found[0], Candidate)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"min_clip_s": 6.0}, "twice min_clip_s"),
        ({"framing": "face"}, "ffhq"),
        ({"size": 20}, "64"),
        ({"min_found": 2.0}, "1"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        AnalysisConfig(**options)
