"""Staging: sentences joined, cut and padded with their phonemes on their sound."""

from __future__ import annotations

import pytest
from styletalker.plugins.puppet.espeak import PAUSE, Phoneme, synthesise
from styletalker.plugins.puppet.staging import fit, join, split_lines, trimmed


def test_trimming_joining_and_fitting_keep_phonemes_on_their_sound() -> None:
    one, two = synthesise("Bob left."), synthesise("A map.")
    first, second = trimmed(one), trimmed(two)
    assert not first.phonemes[0].is_pause
    assert not first.phonemes[-1].is_pause
    whole = join([(first, 0.5), (second, 0.25)], lead_s=0.3)
    assert len(whole.waveform) == 4800 + len(first.waveform) + 8000 + len(second.waveform) + 4000
    pauses = [p for p in whole.phonemes if p.is_pause]
    assert [round(p.duration_s, 3) for p in pauses] == [0.3, 0.5, 0.25]
    start = round(pauses[1].end_s * 16000)
    assert (whole.waveform[start : start + len(second.waveform)] == second.waveform).all()
    cut = fit(whole, 10)
    assert len(cut.waveform) == 6400
    assert cut.phonemes[-1].end_s == pytest.approx(0.4)
    padded = fit(cut, 20)
    assert padded.phonemes[-1] == Phoneme(PAUSE, 0.4, 0.8)


def test_text_is_split_at_sentence_ends() -> None:
    pauses = iter([0.3, 0.4, 0.5, 0.6])
    found = split_lines('He said "Stop!" Mr. Bean did.  ... Then 3.5 more', pauses)
    assert [line.text for line in found] == [
        'He said "Stop!"',
        "Mr. Bean did.",
        "... Then 3.5 more",
    ]
    assert [line.pause_s for line in found] == [0.3, 0.4, 0.5]
