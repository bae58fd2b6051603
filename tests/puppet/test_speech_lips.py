"""Visemes and lips: contacts touch, pauses are still, and sounds shape their neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from styletalker.core.errors import InputError
from styletalker.plugins.puppet.espeak import PAUSE, Phoneme, synthesise
from styletalker.plugins.puppet.lips import LIPS, Articulation, lip_track
from styletalker.plugins.puppet.parameters import INDEX, PARAMETERS
from styletalker.plugins.puppet.visemes import PHONEME_VISEMES, VISEMES, segments

FPS = 25


def spoken(*sounds: tuple[str, float], start_s: float = 0.0) -> tuple[Phoneme, ...]:
    """Phonemes of the given lengths one after another."""
    found, at_s = [], start_s
    for symbol, length_s in sounds:
        found.append(Phoneme(symbol, at_s, at_s + length_s, 2 if symbol in VOWELS else 0))
        at_s += length_s
    return tuple(found)


VOWELS = {"A:", "i:", "u:", "a", "E"}


def track(name: str, values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values[:, LIPS.index(name)]


def test_lips_are_the_first_animation_parameters() -> None:
    assert [PARAMETERS[i].name for i in range(len(LIPS))] == list(LIPS)
    assert all(PARAMETERS[INDEX[name]].group == "lips" for name in LIPS)


def test_viseme_shares_and_targets_are_proper() -> None:
    for symbol, parts in PHONEME_VISEMES.items():
        assert sum(share for _, share in parts) == pytest.approx(1.0), symbol
        assert all(name in VISEMES for name, _ in parts)
    for viseme in VISEMES.values():
        for name in ("jaw", "part", "round", "spread", "lip_up", "tongue"):
            assert 0 <= getattr(viseme, name) <= 1


def test_diphthongs_and_affricates_are_split_in_time() -> None:
    found = segments(spoken(("tS", 0.1), ("aI", 0.2), ("m", 0.1)))
    assert [s.viseme for s in found] == ["TDN", "SH", "AA", "I", "PBM"]
    ends = [s.end_s for s in found]
    assert ends == pytest.approx([0.04, 0.10, 0.22, 0.30, 0.40])
    assert [s.start_s for s in found[1:]] == pytest.approx(ends[:-1])


def test_unknown_phoneme_is_reported() -> None:
    with pytest.raises(InputError, match=r"no viseme for this phoneme: 'aI9'; did you mean 'aI"):
        segments([Phoneme("aI9", 0, 0.1)])


@pytest.mark.parametrize("stop", ["p", "b", "m"])
@pytest.mark.parametrize("offset_ms", range(0, 40, 5))
def test_bilabials_close_at_any_position_within_a_frame(stop: str, offset_ms: int) -> None:
    length_s = {"p": 0.08, "b": 0.04, "m": 0.07}[stop]
    sounds = spoken(("A:", 0.15), (stop, length_s), ("A:", 0.15), start_s=0.4 + offset_ms / 1000)
    lips = lip_track(sounds, 30)
    at = int((0.55 + offset_ms / 1000) * FPS)
    near = slice(at - 1, at + 2)
    gap = (track("jaw", lips) + track("part", lips))[near]
    shut = (track("press", lips)[near] > 0.9) & (gap < 0.13)  # a jaw of 1.7 degrees
    assert shut.any()
    assert track("jaw", lips).max() > 0.5  # and the vowels around it are open


@pytest.mark.parametrize("fricative", ["f", "v"])
def test_labiodentals_touch_the_teeth_and_do_not_press(fricative: str) -> None:
    sounds = spoken(("a", 0.15), (fricative, 0.08), ("a", 0.15), start_s=0.4)
    lips = lip_track(sounds, 30)
    at = int(0.55 * FPS)
    best = at - 1 + int(track("fv", lips)[at - 1 : at + 2].argmax())
    assert track("fv", lips)[best] > 0.95
    assert track("press", lips)[best] == 0
    assert track("jaw", lips)[best] < 0.15
    assert track("part", lips)[best] < 0.03


@pytest.mark.parametrize("pause_s", [0.15, 0.2, 0.4, 0.9])
def test_pauses_close_the_lips(pause_s: float) -> None:
    sounds = spoken(("a", 0.2), (PAUSE, pause_s), ("a", 0.2), start_s=0.4)
    lips = lip_track(sounds, 50)
    gap = track("jaw", lips) + track("part", lips)
    middle = int((0.6 + pause_s / 2) * FPS)
    assert gap[middle - 1 : middle + 2].min() < 0.05
    inside = slice(int((0.6 + 0.08) * FPS) + 1, int((0.6 + pause_s - 0.08) * FPS))
    rest = lips[inside]
    assert (rest[:, :2] == 0).all()
    assert (rest == rest[:1]).all()  # still


def test_a_short_gap_between_words_does_not_close_the_lips() -> None:
    sounds = spoken(("a", 0.2), (PAUSE, 0.05), ("a", 0.2), start_s=0.4)
    gap = lip_track(sounds, 40)[:, :2].sum(1)
    assert gap[int(0.6 * FPS) : int(0.68 * FPS)].min() > 0.5


def test_silence_around_the_speech_is_closed_and_still() -> None:
    lips = lip_track(spoken(("a", 0.3), start_s=1.0), 75)
    for outside in (lips[: int(0.9 * FPS)], lips[int(1.4 * FPS) :]):
        assert (outside[:, :2] == 0).all()
        assert (outside == outside[:1]).all()
    assert (lip_track((), 10)[:, :2] == 0).all()


def test_rounding_reaches_back_over_consonants() -> None:
    """The lips round for 'oo' during the consonants before it, and don't for 'ee'."""
    before = int(0.55 * FPS)
    rounded, spread = (
        lip_track(spoken(("a", 0.1), ("s", 0.08), ("t", 0.08), (vowel, 0.2), start_s=0.4), 40)
        for vowel in ("u:", "i:")
    )
    assert track("round", rounded)[before] > 2 * track("round", spread)[before] + 0.05
    assert track("spread", spread)[before] > track("spread", rounded)[before]


def test_the_jaw_is_furthest_open_just_before_the_middle_of_a_vowel() -> None:
    """Articulators lead the sound, by less than two frames."""
    for offset_ms in range(0, 40, 10):
        start_s = 0.4 + offset_ms / 1000
        sounds = spoken(("t", 0.1), ("A:", 0.2), ("t", 0.1), ("i:", 0.1), start_s=start_s)
        jaw = track("jaw", lip_track(sounds, 40))
        weight = np.maximum(jaw - 0.7 * jaw.max(), 0)
        peak_s = float((weight * (np.arange(40) + 0.5)).sum() / weight.sum()) / FPS
        assert -0.06 < peak_s - (start_s + 0.2) < 0.0


@pytest.mark.parametrize(
    ("symbol", "name", "least", "other", "most"),
    [
        ("w", "round", 0.8, "jaw", 0.25),
        ("u:", "round", 0.7, "jaw", 0.3),
        ("O", "round", 0.5, "spread", 0.1),
        ("S", "round", 0.4, "jaw", 0.25),
        ("i:", "spread", 0.6, "round", 0.1),
        ("A:", "jaw", 0.8, "round", 0.1),
        ("T", "tongue", 0.8, "press", 0.01),
        ("s", "part", 0.4, "jaw", 0.2),
    ],
)
def test_long_sounds_reach_their_shape(
    symbol: str, name: str, least: float, other: str, most: float
) -> None:
    lips = lip_track(spoken((symbol, 0.4), start_s=0.4), 30)
    middle = int(0.6 * FPS)
    assert track(name, lips)[middle] > least
    assert track(other, lips)[middle] < most


def test_short_vowels_open_less_than_long_ones() -> None:
    opened = [
        track("jaw", lip_track(spoken(("t", 0.08), ("A:", s), ("t", 0.08), start_s=0.4), 40)).max()
        for s in (0.05, 0.1, 0.2, 0.3)
    ]
    assert opened == sorted(opened)
    assert opened[-1] > 1.15 * opened[0]


def test_loud_stressed_and_clear_speech_opens_further() -> None:
    sounds = spoken(("A:", 0.2), start_s=0.4)
    unstressed = tuple(Phoneme(p.symbol, p.start_s, p.end_s, 0) for p in sounds)
    usual = track("jaw", lip_track(sounds, 30)).max()
    assert track("jaw", lip_track(unstressed, 30)).max() < 0.85 * usual
    quiet = track("jaw", lip_track(sounds, 30, loudness=np.full(30, 0.8))).max()
    assert quiet == pytest.approx(0.8 * usual, rel=0.02)
    mumbled = lip_track(sounds, 30, Articulation(jaw=0.7))
    assert track("jaw", mumbled).max() == pytest.approx(0.7 * usual, rel=0.02)


def test_mouth_leads_the_sound_by_no_more_than_a_frame_or_two() -> None:
    lips = lip_track(spoken(("A:", 0.3), start_s=1.0), 60)
    opening = np.flatnonzero(track("jaw", lips) > 0.05)[0]
    assert 22 <= opening <= 25  # sound starts with frame 25


def test_values_stay_in_range_and_are_smooth() -> None:
    speech = synthesise("Pumpkins, beans and maize, above the fifth big map of Mumbai.")
    lips = lip_track(speech.phonemes, 100, Articulation(jaw=1.1, lips=1.15, press=1.0))
    assert lips.shape == (100, 8)
    assert lips.dtype == np.float32
    assert lips.min() >= 0
    assert lips.max() <= 1
    # The jaw is slow; lips may cross most of their range between two frames.
    assert np.abs(np.diff(track("jaw", lips))).max() < 0.55  # 180 degrees a second
    assert np.isfinite(lips).all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(PHONEME_VISEMES)), st.floats(0.0, 0.4)), max_size=25),
    st.integers(1, 120),
    st.floats(0.0, 1.0),
)
def test_any_phonemes_give_proper_parameters(
    sounds: list[tuple[str, float]], frames: int, start_s: float
) -> None:
    lips = lip_track(spoken(*sounds, start_s=start_s), frames)
    assert lips.shape == (frames, len(LIPS))
    assert np.isfinite(lips).all()
    assert 0 <= lips.min() <= lips.max() <= 1
