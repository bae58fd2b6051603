"""Speech: reproducible bytes, exact phoneme times, and errors that say what to do."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from styletalker.core.errors import InputError
from styletalker.plugins.puppet.espeak import PAUSE, SAMPLE_RATE_HZ, Speech, synthesise

TEXTS = (
    "My mother baked five big apple pies.",
    "The shy fish swam away, and nobody saw it again.",
    "Perhaps.",
    "Room 365 costs 12 pounds 50 from May 3.",
)
VOICES = ("en-us", "en-gb-x-rp+f3", "en-gb-scotland+m4", "en-029+whisper", "en-us+klatt2")
REQUESTS = [(TEXTS[i % 4], VOICES[i % 5], 130 + 5 * i) for i in range(20)]


def digest(text: str, voice: str, rate_wpm: int) -> str:
    """A fingerprint of waveform and phonemes."""
    speech = synthesise(text, voice, rate_wpm=rate_wpm, seed=7)
    content = speech.waveform.tobytes() + repr(speech.phonemes).encode()
    return hashlib.sha256(content).hexdigest()


def digests_elsewhere(order: list[int]) -> list[str]:
    """Fingerprints of requests made, in this order, by a process of their own."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        f"from test_speech_espeak import *\n"
        f"for i in {order}: print(digest(*REQUESTS[i]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    return done.stdout.split()


def test_any_order_and_process_gives_the_same_bytes() -> None:
    reference = [digest(*request) for request in REQUESTS]
    assert len(set(reference)) == 20
    for order in np.random.default_rng(5).permuted(np.tile(range(20), (2, 1)), axis=1).tolist():
        assert [digest(*REQUESTS[i]) for i in order] == [reference[i] for i in order]
    backwards = list(range(20))[::-1]
    assert digests_elsewhere(backwards) == [reference[i] for i in backwards]
    for alone in (0, 3, 7):
        assert digests_elsewhere([alone]) == [reference[alone]]


def test_same_bytes_while_another_package_holds_the_library() -> None:
    from styletalker.plugins.puppet import espeak_library

    before = [digest(*request) for request in REQUESTS[:3]]
    path = espeak_library.LIBRARY
    held = ctypes.CDLL(path)
    try:
        assert espeak_library._is_loaded(path)
        for _ in range(2):
            assert [digest(*request) for request in REQUESTS[:3]] == before
    finally:
        espeak_library._close(held)
    assert not espeak_library._is_loaded(path)


def test_same_bytes_from_threads_and_in_a_fork_taken_meanwhile() -> None:
    expected = digest(*REQUESTS[0])
    found: list[str] = []

    def work() -> None:
        found.extend(digest(*REQUESTS[0]) for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    child = os.fork()
    if child == 0:
        os._exit(0 if digest(*REQUESTS[0]) == expected else 3)
    assert os.waitpid(child, 0)[1] == 0
    for thread in threads:
        thread.join()
    assert found == [expected] * 15


def test_seed_changes_breathy_voices_only_in_the_noise() -> None:
    one, two = (synthesise("Fresh air.", "en-us+whisper", seed=seed) for seed in (1, 2))
    assert one.waveform.tobytes() != two.waveform.tobytes()
    assert [p.symbol for p in one.phonemes] == [p.symbol for p in two.phonemes]


@pytest.fixture(scope="module")
def speech() -> Speech:
    return synthesise(
        "The keeper took a paper hat. A pickpocket attacked Peter, but Kate kept a ticket.",
        rate_wpm=160,
    )


def test_waveform_and_phonemes_cover_the_same_time(speech: Speech) -> None:
    assert speech.waveform.dtype == np.float32
    assert 4 < speech.duration_s < 7
    assert 0.3 < np.abs(speech.waveform).max() <= 1
    assert speech.phonemes[0].start_s == 0
    assert speech.phonemes[-1].end_s == pytest.approx(speech.duration_s)
    for before, after in zip(speech.phonemes, speech.phonemes[1:], strict=False):
        assert before.end_s == after.start_s
        assert before.duration_s >= 0
        assert not (before.is_pause and after.is_pause)


def test_symbols_stress_and_pauses() -> None:
    phonemes = synthesise("Apple. Banana.", "en-us").phonemes
    assert [p.symbol for p in phonemes] == ["a", "p", "@L", "_", "b", "a#", "n", "a", "n", "@", "_"]
    assert [p.stress for p in phonemes if p.symbol == "a"] == [2, 2]
    assert all(p.stress == 0 for p in phonemes if p.symbol in (PAUSE, "@L", "b"))


def test_voiceless_stops_begin_with_their_closure(speech: Speech) -> None:
    """The closure, digital silence, belongs to the stop and not to the vowel before it."""
    levels = []
    for before, stop in zip(speech.phonemes, speech.phonemes[1:], strict=False):
        if stop.symbol in ("p", "t", "k") and before.symbol[0] in "aeiouAEIOU@V0":
            closure = speech.waveform[
                int((stop.start_s + 0.01) * SAMPLE_RATE_HZ) : int(
                    (stop.start_s + 0.035) * SAMPLE_RATE_HZ
                )
            ]
            levels.append(float(np.abs(closure).max()))
    assert len(levels) >= 12
    assert np.median(levels) < 1e-4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"voice": "en-gb"}, "no such espeak voice: 'en-gb'; did you mean 'en-gb-x-rp'?"),
        ({"voice": "en-us+f33"}, "no such espeak variant: 'en-us+f33'; did you mean 'f3'?"),
        ({"voice": ""}, "no such espeak voice: ''"),
        ({"rate_wpm": 20}, "speech rate is out of range; expected 80 to 450, got 20"),
        ({"pitch": 100}, "speech pitch is out of range; expected 0 to 99, got 100"),
        ({"pitch_range": -1}, "speech pitch range is out of range; expected 0 to 99, got -1"),
        ({"seed": -1}, "speech seed is out of range; expected 0 to 2147483647, got -1"),
        ({"text": ""}, "nothing in this text can be spoken: ''"),
        ({"text": " ...!? "}, "nothing in this text can be spoken: ' ...!? '"),
    ],
)
def test_errors(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        synthesise(**{"text": "Hello.", **arguments})  # type: ignore[arg-type]
    assert str(caught.value).startswith(message)


def test_markup_is_not_interpreted() -> None:
    """Brackets and tags in a user's text are no commands."""
    plain = synthesise("b")
    tagged = synthesise("<b>")
    assert [p.symbol for p in tagged.phonemes if not p.is_pause] == [
        p.symbol for p in plain.phonemes if not p.is_pause
    ]
