"""Whole videos: where clips begin and end, and why the rest is left out."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.media.movie import MovieFile
from styletalker.plugins.preparation.analysis.config import AnalysisConfig
from styletalker.plugins.preparation.analysis.results import REASONS, Candidate, Rejected
from styletalker.plugins.preparation.analysis.stream import candidates
from support.scenes import changed, detector, faceless, movie, on_canvas, puppet_clip

Images = NDArray[np.uint8]
CONFIG = AnalysisConfig(size=96, min_clip_s=0.8, max_clip_s=4.0)
FIRST, SECOND = 3, 8
SIDE = 192


def first(count: int) -> Images:
    """A puppet of which dlib sees everything."""
    return puppet_clip(FIRST).frames[:count]


def second(count: int) -> Images:
    """Another one."""
    return puppet_clip(SECOND).frames[:count]


def found_in(video: MovieFile | Images, **options: Any) -> list[Candidate | Rejected]:
    config = AnalysisConfig(**{**CONFIG.plain(), **options})
    film = video if isinstance(video, MovieFile) else movie(video)
    found = list(candidates(film, config, detector()))
    for one in found:
        if isinstance(one, Rejected):
            assert one.reason in REASONS
    return found


def spans(found: list[Candidate | Rejected]) -> list[tuple[str, int, int]]:
    """What was found: why it was rejected (empty if it was not), first frame, frame after last."""
    return [("" if isinstance(x, Candidate) else x.reason, x.start, x.stop) for x in found]


@functools.cache
def cut() -> tuple[Candidate, Candidate]:
    """Both puppets, one after the other."""
    found = found_in(np.concatenate([first(30), second(30)]))
    assert spans(found) == [("", 0, 30), ("", 30, 60)]
    one, other = found
    assert isinstance(one, Candidate)
    assert isinstance(other, Candidate)
    return one, other


def test_a_cut_separates_clips_to_the_frame() -> None:
    one, other = cut()
    assert (one.shot, other.shot) == (0, 1)
    assert one.track != other.track
    assert one.frames.shape == (30, 96, 96, 3)
    assert one.landmarks.shape == (30, 68, 2)
    assert one.landmarks.dtype == np.float32


def test_identity_vectors_tell_people_apart() -> None:
    one, other = cut()
    assert one.embedding.shape == (128,)
    assert np.linalg.norm(one.embedding) == pytest.approx(1)
    again = found_in(first(50)[20:])[0]
    assert isinstance(again, Candidate)
    same, different = float(one.embedding @ again.embedding), float(one.embedding @ other.embedding)
    assert same > 0.95
    assert same > different + 0.03


def test_facts_are_numbers_of_the_right_size() -> None:
    facts = cut()[0].facts
    assert set(facts) >= {"face_px", "sharpness", "yaw_deg", "found", "jitter_px", "lip_activity"}
    assert facts["found"] == 1.0
    assert 70 < facts["face_px"] < 110
    assert 0.5 < facts["sharpness"] < 0.9
    assert facts["faces"] == 1
    assert facts["light"] == pytest.approx(150, abs=15)
    assert all(isinstance(value, float) for value in facts.values())


def test_the_same_video_gives_the_same_clips() -> None:
    again = found_in(np.concatenate([first(30), second(30)]))[0]
    assert isinstance(again, Candidate)
    once = cut()[0]
    assert np.array_equal(once.frames, again.frames)
    assert np.array_equal(once.landmarks, again.landmarks)
    assert np.array_equal(once.embedding, again.embedding)
    assert (once.window, once.facts) == (again.window, again.facts)


def test_a_flash_does_not_end_a_clip() -> None:
    frames = first(30).copy()
    frames[14:16] = 255
    assert spans(found_in(frames)) == [("", 0, 30)]


def test_a_face_that_is_gone_for_a_moment_is_bridged() -> None:
    frames = first(32).copy()
    frames[15:18] = faceless(SIDE, SIDE)
    found = found_in(frames)
    assert spans(found) == [("", 0, 32)]
    assert isinstance(found[0], Candidate)
    assert 0.85 < found[0].facts["found"] < 1.0
    assert np.isfinite(found[0].landmarks).all()


def covered(frames: Images, start: int) -> Images:
    """A dark thing before the cheek and the mouth from frame *start* on."""
    frames = frames.copy()
    frames[start:, 105:170, 60:140] = (20, 40, 30)
    return frames


def panned(frames: Images) -> Images:
    """The camera turns away by six pixels a frame."""
    return np.stack(
        [on_canvas(frames[k : k + 1], SIDE, 440, 6 * k, 0)[0] for k in range(len(frames))]
    )


def shrunk(frames: Images, side: int) -> Images:
    return np.stack([cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA) for one in frames])


def blurred(frames: Images) -> Images:
    return np.stack([np.asarray(cv2.GaussianBlur(one, (0, 0), 5), np.uint8) for one in frames])


SCENES: dict[str, tuple[Callable[[], Images], dict[str, Any], list[tuple[str, int, int]]]] = {
    "no face": (lambda: np.repeat(faceless(120, 160)[None], 30, 0), {}, [("no-face", 0, 30)]),
    "too small": (
        lambda: on_canvas(shrunk(first(25), 110), 160, 240, 90, 20),
        {"min_face": 78},
        [("face-too-small", 0, 25)],
    ),
    "dark": (lambda: changed(first(25), lambda x: 0.12 * x), {}, [("too-dark", 0, 25)]),
    "bright": (lambda: changed(first(25), lambda x: 0.3 * x + 200), {}, [("too-bright", 0, 25)]),
    "blurred": (lambda: blurred(first(25)), {}, [("blurred", 0, 25)]),
    "turned": (lambda: first(25), {"max_yaw": 6.0}, [("turned", 0, 25)]),
    "still": (lambda: np.repeat(first(1), 25, 0), {}, [("still-picture", 0, 25)]),
    "too short": (lambda: first(18), {}, [("too-short", 0, 18)]),
    "panned": (
        lambda: panned(first(30)),
        {"max_travel": 0.1},
        [("moves-too-far", 0, 5)],
    ),
    "cut by the edge": (
        lambda: first(25)[:, :, 55:],
        {"max_outside": 0.02},
        [("cut-by-edge", 0, 25)],
    ),
    "covered": (lambda: covered(first(50), 25), {}, [("", 0, 25), ("occluded", 25, 50)]),
    "two speak": (
        lambda: np.concatenate([first(30), second(30)], 2),
        {},
        [("several-speakers", 0, 30)] * 2,
    ),
    "one listens": (
        lambda: np.concatenate([np.repeat(first(1), 30, 0), second(30)], 2),
        {},
        [("listener", 0, 30), ("", 0, 30)],
    ),
    "crowd": (
        lambda: np.concatenate([first(25), second(25)], 2),
        {"most_faces": 1},
        [("several-speakers", 0, 25)],
    ),
}


@pytest.mark.parametrize("name", SCENES)
def test_each_fault_has_its_reason(name: str) -> None:
    make, options, expected = SCENES[name]
    assert spans(found_in(make(), **options))[: len(expected)] == expected


def test_mixed_frames_of_a_dissolve_are_left_out() -> None:
    share = np.arange(1, 11)[:, None, None, None] / 11.0
    mixed = first(36)[26:] * (1 - share) + second(10) * share
    video = np.concatenate([first(26), mixed.astype(np.uint8), second(36)[10:]])
    found = spans(found_in(video))
    assert [one for one in found if not one[0]] == [("", 0, 26), ("", 36, 62)]
    assert {one[0] for one in found if one[0]} == {"transition"}


def test_a_face_that_is_lost_for_long_ends_the_clip() -> None:
    frames = first(50).copy()
    frames[25:38] = faceless(SIDE, SIDE)
    found = spans(found_in(frames, max_clip_s=1.6))
    assert found[0] == ("", 0, 25)
    assert {one[0] for one in found[1:-1]} <= {"face-lost", "no-face"}
    assert found[-1][2] == 50


def test_frames_are_counted_as_they_are_done() -> None:
    told: list[int] = []
    list(candidates(movie(first(12)), CONFIG, detector(), told.append))
    assert told == sorted(told)
    assert told[-1] == 12
