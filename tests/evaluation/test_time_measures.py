"""Measures over time: beats, spectra, flicker, silence, drift, diversity."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.errors import InputError
from styletalker.evaluation.beats import beat_alignment, motion_beats, onsets
from styletalker.evaluation.diversity import pose_diversity, trajectory_distance
from styletalker.evaluation.drift import identity_drift
from styletalker.evaluation.flicker import flicker
from styletalker.evaluation.metrics.config import MetricConfig
from styletalker.evaluation.metrics.motion import BlinkDuration
from styletalker.evaluation.metrics.rhythm import HeadPoseSpectrum, PoseDiversity
from styletalker.evaluation.silence import silent_motion, silent_spans
from styletalker.evaluation.spectrum import pose_spectrum, spectrum_distance

RATE, FPS = 16000, 25
TIMES = np.array([0.5, 1.1, 1.9, 2.6])


def bursts(times: NDArray[np.float64], seconds: float = 3.2) -> NDArray[np.float64]:
    """Silence with a tone that dies away at each of some times."""
    sound = np.zeros(round(seconds * RATE))
    t = np.arange(round(0.3 * RATE)) / RATE
    for start in times:
        at = round(start * RATE)
        sound[at : at + len(t)] += 0.3 * np.exp(-t / 0.04) * np.sin(2 * np.pi * 300 * t)
    return sound


def nods(times: NDArray[np.float64], seconds: float = 3.2) -> NDArray[np.float64]:
    """A head that turns by 5 degrees at each of some times."""
    t = np.arange(round(seconds * FPS)) / FPS
    yaw = sum(5 * (-1) ** k / (1 + np.exp(-(t - at) * 30)) for k, at in enumerate(times))
    return np.stack([yaw, 0 * t, 0 * t], -1)


def test_onsets_are_where_sound_sets_in() -> None:
    found = onsets(bursts(TIMES), RATE)
    assert len(found) == 4
    assert np.abs(found - TIMES).max() < 0.03
    assert len(onsets(np.zeros(RATE), RATE)) == 0
    assert len(onsets(np.zeros(10), RATE)) == 0
    quiet = onsets(bursts(TIMES) * 0.01, RATE)
    assert len(quiet) == 4  # level does not matter


def test_beats_of_the_head_are_where_it_moves_fastest() -> None:
    found = motion_beats(nods(TIMES), FPS)
    assert len(found) == 4
    assert np.abs(found - TIMES).max() < 0.05
    gap = nods(TIMES)
    gap[10:12] = np.nan
    assert len(motion_beats(gap, FPS)) == 4
    assert len(motion_beats(np.zeros((30, 3)), FPS)) == 0


def test_beat_alignment() -> None:
    aligned = beat_alignment(motion_beats(nods(TIMES), FPS), onsets(bursts(TIMES), RATE))
    late = beat_alignment(motion_beats(nods(TIMES), FPS), onsets(bursts(TIMES - 0.24), RATE))
    assert aligned > 0.9
    assert late < 0.3
    assert beat_alignment([1.0, 2.0], [1.0]) == pytest.approx(0.5, abs=1e-6)
    assert beat_alignment([1.12], [1.0]) == pytest.approx(np.exp(-0.5))
    with pytest.raises(InputError, match="the head never moves"):
        beat_alignment([], [1.0])
    with pytest.raises(InputError, match="no sound sets in"):
        beat_alignment([1.0], [])


def test_the_spectrum_of_a_nod_of_known_frequency() -> None:
    t = np.arange(320) / FPS
    yaw = 3 * np.sin(2 * np.pi * 3.125 * t)  # the fourth frequency of 32 frames at 25 frames/s
    power = pose_spectrum(np.stack([yaw, 0 * t, 0 * t], -1), FPS)
    assert power.shape == (3, 16)
    assert power[0].argmax() == 3
    # A sine of amplitude 3 has the power 4.5; the Hann window spreads it over three bins.
    assert power[0].sum() * FPS / 32 == pytest.approx(4.5, rel=0.01)
    assert power[1:].max() < 1e-12
    with pytest.raises(InputError, match="too few frames have a face for a spectrum"):
        pose_spectrum(np.zeros((31, 3)), FPS)


def test_spectra_are_compared_in_decibels() -> None:
    power = np.full((3, 16), 2.0)
    assert spectrum_distance(power, power) == 0
    assert spectrum_distance(2 * power, power) == pytest.approx(3.01, abs=0.01)
    assert spectrum_distance(power / 2, power) == pytest.approx(3.01, abs=0.01)
    assert 30 < spectrum_distance(0 * power, power) < 40  # frozen: far, not infinitely far
    metric = HeadPoseSpectrum(MetricConfig())
    # Powers are averaged over clips before they are compared: two halves make a whole.
    rows = [{"power": power * k, "truth": power} for k in (0.0, 2.0)]
    assert metric.summarise(rows) == 0


def test_flicker_counts_what_goes_there_and_back() -> None:
    def frames(*levels: int) -> NDArray[np.uint8]:
        return np.stack([np.full((4, 4, 3), level, np.uint8) for level in levels])

    assert flicker(frames(10, 10, 10, 10)) == 0
    assert flicker(frames(10, 20, 30, 40)) == pytest.approx(0, abs=1e-5)  # even change
    assert flicker(frames(10, 30, 10, 30)) == pytest.approx(10)  # half their distance
    assert flicker(frames(10, 10, 30, 30)) == pytest.approx(5)
    with pytest.raises(InputError, match="3 frames at least: 2"):
        flicker(frames(1, 2))


def test_silences_are_found_by_the_level() -> None:
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 0.2, 50 * 640)
    sound[10 * 640 : 20 * 640] *= 0.001  # 10 frames at -60 dB
    sound[30 * 640 : 34 * 640] = 0  # 4 frames: too short
    assert silent_spans(sound, 50) == [slice(12, 18)]
    assert silent_spans(sound * 1e-3, 50) == [slice(12, 18)]
    assert silent_spans(np.zeros(640 * 20), 20) == [slice(2, 18)]
    opened = np.zeros(50)
    opened[12:18] = [0, 0.1, 0, 0.1, 0, 0.1]
    opened[25:30] = 9
    assert silent_motion(opened, silent_spans(sound, 50)) == pytest.approx(0.1)
    assert np.isnan(silent_motion(opened, []))


def test_drift_is_what_is_lost_per_minute() -> None:
    minutes = np.arange(120) / 60  # a vector a second, two minutes
    angle = np.arccos(1 - 0.1 * minutes)  # loses 0.1 a minute
    vectors = np.stack([np.cos(angle), np.sin(angle)], -1)
    assert identity_drift(vectors, 1.0) == pytest.approx(0.1, abs=0.03)
    assert identity_drift(np.ones((20, 4)), 1.0) == pytest.approx(0)
    vectors[::3] = np.nan
    assert identity_drift(vectors, 1.0) == pytest.approx(0.1, abs=0.03)
    assert identity_drift(vectors, 2.0) == pytest.approx(0.05, abs=0.02)
    with pytest.raises(InputError, match=r"too short to tell .* got 5"):
        identity_drift(np.ones((5, 4)), 1.0)


def test_diversity_is_the_distance_of_seeds() -> None:
    still = np.zeros((10, 3))
    assert trajectory_distance(still, still + 2) == pytest.approx(2)
    assert trajectory_distance(still, still[:4]) == 0
    assert pose_diversity([still, still + 1, still + 3]) == pytest.approx((1 + 3 + 2) / 3)
    assert np.isnan(pose_diversity([still]))
    metric = PoseDiversity(MetricConfig())
    rows = [{"group": g, "angles": still + k} for g, k in (("a", 0), ("a", 2), ("b", 5), ("b", 5))]
    assert metric.summarise(rows) == pytest.approx(1)  # 2 degrees and a collapse to one motion
    assert np.isnan(metric.summarise([rows[0], rows[0]]))  # drawn twice: no pair
    assert np.isnan(metric.summarise(rows[1:3]))


def test_the_length_of_blinks() -> None:
    metric = BlinkDuration(MetricConfig())
    rows = [{"blinks": 2, "blinking_s": 0.5}, {"blinks": 0, "blinking_s": 0.0}]
    assert metric.summarise(rows) == 250
    assert np.isnan(metric.summarise(rows[1:]))
