"""Offsets of puppets: exact after any shift, and not sure for the wrong sound."""

from __future__ import annotations

import json

import attrs
import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.weights import read_facts
from styletalker.plugins.preparation.offset import landmark_scorer as scoring
from styletalker.plugins.preparation.offset.config import OffsetConfig
from styletalker.plugins.preparation.offset.curve import OffsetCurve, offset_curve
from styletalker.plugins.preparation.offset.decision import (
    OUT_OF_SYNC,
    REASONS,
    TOO_LITTLE,
    decide_offset,
)
from styletalker.plugins.puppet.camera import Framing
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet
from styletalker.plugins.puppet.head import Head
from styletalker.recipes.objectives.lip_matching import seen_landmarks

HOP, FRAMES, MOST = 640, 200, 15


@attrs.frozen(kw_only=True, eq=False)
class Talk:
    landmarks: NDArray[np.float32]
    waveform: NDArray[np.float32]


@pytest.fixture(scope="module")
def talks() -> list[Talk]:
    """Two puppets of the split test, 8 s each, whose landmarks waver as dlib's do."""
    corpus = Puppet(PuppetConfig(frames=FRAMES, test_identities=2, clips_per_identity=1, seed=9))
    found = []
    for index in range(2):
        who, performance = corpus.performance("test", index)
        true = Head(who.identity).landmark_track().landmarks(performance.parameters, 256, Framing())
        seen = seen_landmarks(np.random.default_rng(index), true)
        found.append(Talk(landmarks=seen, waveform=performance.waveform))
    return found


def moved(sound: NDArray[np.float32], late: int) -> NDArray[np.float32]:
    """*sound* with 15 frames more on either side, *late* frames later."""
    return np.pad(sound, ((MOST + late) * HOP, (MOST - late) * HOP))


def curve(talk: Talk, sound: NDArray[np.float32]) -> OffsetCurve:
    return offset_curve(talk.landmarks, None, sound, 25, HOP * 25)


@pytest.mark.parametrize("late", [-15, -9, -4, -1, 0, 1, 5, 10, 15])
def test_a_shift_comes_back_exactly(talks: list[Talk], late: int) -> None:
    for talk in talks:
        found = decide_offset([curve(talk, moved(talk.waveform, late))])
        assert (found.frames, found.sure, found.reason) == (late, True, "")
        assert found.confidence > 0.95


def test_evidence_of_stretches_adds_up(talks: list[Talk]) -> None:
    talk = talks[0]
    pieces = []
    for start in (0, 60, 120):
        sound = talk.waveform[max(start - MOST, 0) * HOP : (start + 60 + MOST) * HOP]
        points = talk.landmarks[start : start + 60]
        before = min(start, MOST)
        pieces.append(offset_curve(points, None, sound, 25, 16000, before=before))
    together = decide_offset(pieces)
    assert (together.frames, together.sure) == (0, True)
    assert together.confidence > min(decide_offset([one]).confidence for one in pieces)


def test_the_wrong_sound_is_not_sure(talks: list[Talk]) -> None:
    for talk, other in (talks, talks[::-1]):
        found = decide_offset([curve(talk, moved(other.waveform, 0))])
        assert not found.sure
        assert found.reason == OUT_OF_SYNC


def test_noise_music_and_silence_are_not_sure(talks: list[Talk]) -> None:
    rng = np.random.default_rng(0)
    times = np.arange(len(talks[0].waveform)) / 16000
    tones = [np.sin(2 * np.pi * hertz * times) for hertz in (220, 277, 330)]
    music = 0.1 * np.sum(tones, 0) * np.exp(-4 * (times % 0.5))
    noise = 0.05 * rng.standard_normal(len(times))
    for sound in (music, noise, np.zeros(len(times))):
        found = decide_offset([curve(talks[0], moved(sound.astype(np.float32), 0))])
        assert not found.sure
    assert found.confidence == pytest.approx(3 / 31, abs=0.04)  # silence: any offset is as good


def test_lips_that_do_not_move_are_not_sure(talks: list[Talk]) -> None:
    still = np.repeat(talks[0].landmarks[:1], FRAMES, 0)
    talk = Talk(landmarks=still, waveform=talks[0].waveform)
    assert not decide_offset([curve(talk, moved(talk.waveform, 0))]).sure


def test_a_short_stretch_is_said_to_be_short(talks: list[Talk]) -> None:
    strict = OffsetConfig(sure=1.0)
    points, sound = talks[0].landmarks[:40], talks[0].waveform[: 55 * HOP]
    short = offset_curve(points, None, sound, 25, 16000, before=0)
    assert decide_offset([short], strict).reason == TOO_LITTLE
    assert decide_offset([short] * 8, strict).reason == OUT_OF_SYNC
    nothing = decide_offset([])
    assert (nothing.frames, nothing.sure, nothing.reason) == (0, False, TOO_LITTLE)
    assert {TOO_LITTLE, OUT_OF_SYNC} == set(REASONS)


def test_the_weights_say_where_they_are_from() -> None:
    path = scoring.weights_path()
    facts = read_facts(path)
    assert path.stat().st_size < 1_000_000
    assert facts["recipe"] == "recipes/lip-matcher.yaml"
    assert facts["licence"] == "Apache-2.0"
    assert json.dumps(dict(facts))
