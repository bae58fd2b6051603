"""Voices: every one speaks, sounds as its table says, and belongs to one split."""

from __future__ import annotations

import numpy as np
import pytest
from styletalker.core.errors import InputError
from styletalker.plugins.puppet.prosody import analyse
from styletalker.plugins.puppet.staging import frames_in
from styletalker.plugins.puppet.voices import (
    ACCENTS,
    SPLITS,
    VARIANTS,
    Voice,
    sample_voice,
    voices,
)

TEXT = "We were away a year ago, and all your yellow lemons are on the lawn."


def neutral_voice(accent: str, variant: str, rate_wpm: int = 165) -> Voice:
    return Voice(accent=accent, variant=variant, rate_wpm=rate_wpm, pitch=50, pitch_range=50)


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_variant_speaks_cleanly_and_sounds_like_its_sex(variant: str) -> None:
    speech = neutral_voice("en-us", variant).speak(TEXT)
    assert 2.5 < speech.duration_s < 4.5
    assert 0.15 < np.abs(speech.waveform).max() < 0.999  # neither faint nor clipped
    f0_hz = analyse(speech, frames_in(speech)).f0_hz
    median_hz = np.median(f0_hz[f0_hz > 0])
    low, high = (150, 280) if VARIANTS[variant].sex == "f" else (75, 130)
    assert low < median_hz < high


def test_every_accent_and_variant_speaks_and_sounds_different() -> None:
    waves = {
        neutral_voice(accent, variant).speak("Both of my boys laughed.").waveform.tobytes()
        for accent in ACCENTS
        for variant in sorted(VARIANTS)
    }
    assert len(waves) == len(ACCENTS) * len(VARIANTS) == 217


def test_splits_share_no_speaker_and_have_both_sexes() -> None:
    speakers = {split: {v.name for v in voices(split)} for split in SPLITS}
    assert sum(map(len, speakers.values())) == len(VARIANTS) >= 24
    assert len(set.union(*speakers.values())) == len(VARIANTS)
    for split in SPLITS:
        assert len(voices(split, "f")) >= 2
        assert len(voices(split, "m")) >= 2
    assert len(ACCENTS) * len(voices("train")) >= 100


def test_sampled_voices_stay_in_their_ranges() -> None:
    rng = np.random.default_rng(0)
    drawn = [sample_voice(rng, "train") for _ in range(300)]
    for voice in drawn:
        speaker = VARIANTS[voice.variant]
        assert speaker.split == "train"
        assert speaker.rate_wpm[0] <= voice.rate_wpm <= speaker.rate_wpm[1]
        assert speaker.pitch[0] <= voice.pitch <= speaker.pitch[1]
        assert speaker.pitch_range[0] <= voice.pitch_range <= speaker.pitch_range[1]
    assert {v.accent for v in drawn} == set(ACCENTS)
    assert {v.variant for v in drawn} == {v.name for v in voices("train")}
    assert 0.4 < np.mean([v.sex == "f" for v in drawn]) < 0.6
    assert {sample_voice(rng, "test", "f").sex for _ in range(20)} == {"f"}


def test_unknown_split_and_sex() -> None:
    with pytest.raises(InputError, match="no such split: 'trian'; did you mean 'train'"):
        voices("trian")
    with pytest.raises(InputError, match="no such sex of a voice; expected f or m, got 'x'"):
        voices("train", "x")
