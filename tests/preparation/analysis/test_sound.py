"""Speech, silence, music, noise and clipping are told apart."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.errors import InputError
from styletalker.plugins.preparation.analysis.sound import (
    SOUND_REASONS,
    SoundConfig,
    SoundFacts,
    sound_facts,
    sound_fault,
)
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet

SECONDS = 4
RATE = 16000
TIME = np.arange(SECONDS * RATE) / RATE
CHORDS = ((261.6, 329.6, 392.0), (220.0, 277.2, 329.6), (174.6, 220.0, 261.6))


@functools.cache
def speech(index: int) -> NDArray[np.float64]:
    """A sentence by espeak-ng, 4 s."""
    corpus = Puppet(PuppetConfig(frames=SECONDS * 25))
    return corpus.performed("test", index).waveform.astype(np.float64)


@functools.cache
def music() -> NDArray[np.float64]:
    """Struck chords, two a second, with harmonics and decay."""
    sound = np.zeros_like(TIME)
    for beat in range(2 * SECONDS):
        since = np.maximum(TIME - beat / 2, 0)
        on = (since > 0) & (since < 0.55)
        for pitch in CHORDS[beat % len(CHORDS)]:
            for harmonic in range(1, 6):
                wave = np.sin(2 * np.pi * pitch * harmonic * since) / harmonic
                sound += 0.05 * on * np.exp(-2 * since) * wave
    return sound


def noise(seed: int = 0) -> NDArray[np.float64]:
    return 0.1 * np.random.default_rng(seed).standard_normal(len(TIME))


def facts(sound: NDArray[np.float64]) -> SoundFacts:
    return sound_facts(sound.astype(np.float32), RATE)


def fault(sound: NDArray[np.float64]) -> str:
    reason, detail = sound_fault(facts(sound), SoundConfig())
    assert bool(reason) == bool(detail)
    assert not reason or reason in SOUND_REASONS
    return reason


@pytest.mark.parametrize("index", [0, 1, 2, 3, 4])
def test_speech_is_speech(index: int) -> None:
    found = facts(speech(index))
    assert found.speech > 0.7
    assert found.music < 0.15
    assert found.clipped == 0
    assert fault(speech(index)) == ""


def test_speech_in_noise_is_still_speech() -> None:
    assert facts(speech(0) + 0.2 * noise()).speech > 0.5


def test_silence_is_measured() -> None:
    assert facts(np.zeros(RATE)) == SoundFacts(
        level_db=-100.0, silence=1.0, speech=0.0, music=0.0, clipped=0.0
    )
    half = np.concatenate([np.zeros(len(TIME)), speech(0)])
    assert facts(half).silence == pytest.approx(0.5 + facts(speech(0)).silence / 2, abs=0.02)
    assert fault(np.zeros(RATE)) == "silent"
    assert fault(1e-4 * noise()) == "silent"


def test_music_is_music_also_under_speech() -> None:
    assert facts(music()).music > 0.9
    assert facts(music()).speech < 0.05
    assert fault(music()) == "music"
    assert facts(speech(0) + music()).music > 0.3


@pytest.mark.parametrize("kind", ["white", "dull", "hum", "tone"])
def test_noise_hum_and_tones_are_no_speech(kind: str) -> None:
    dull = np.cumsum(noise())
    sounds = {
        "white": noise(),
        "dull": 0.3 * dull / np.abs(dull).max(),
        "hum": 0.1 * np.sin(2 * np.pi * 50 * TIME) + 0.03 * np.sin(2 * np.pi * 150 * TIME),
        "tone": 0.1 * np.sin(2 * np.pi * 220 * TIME),
    }
    assert facts(sounds[kind]).speech < 0.05
    assert fault(sounds[kind]) == "no-speech"


def test_clipping_is_counted() -> None:
    loud = np.clip(20 * speech(0), -1, 1)
    assert facts(loud).clipped == pytest.approx(float((np.abs(loud) >= 1).mean()), abs=0.01)
    assert fault(loud) == "clipped"


def test_level() -> None:
    assert facts(0.5 * np.sin(2 * np.pi * 220 * TIME)).level_db == pytest.approx(-9.03, abs=0.01)


def test_no_sound_at_all() -> None:
    assert facts(np.zeros(0)).silence == 1.0
    assert facts(np.zeros(3)).silence == 1.0


def test_other_sound_is_refused() -> None:
    with pytest.raises(InputError, match="16000 Hz"):
        sound_facts(np.zeros(100, np.float32), 44100)
    with pytest.raises(InputError, match="16000 Hz"):
        sound_facts(np.zeros((2, 100), np.float32), RATE)
