"""Performances: aligned, reproducible, in range, and moving as people do."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.errors import InputError
from styletalker.plugins.puppet.parameters import INDEX, PARAMETERS, check_parameters
from styletalker.plugins.puppet.performance import Performance, perform
from styletalker.plugins.puppet.sentences import names, sentences
from styletalker.plugins.puppet.voices import VARIANTS, Voice

FPS, HOP = 25, 640
CLIPS = 10


@pytest.fixture(scope="module")
def clips() -> list[Performance]:
    return [perform(np.random.default_rng(i), frames=200, split="val") for i in range(CLIPS)]


def column(clip: Performance, *names_: str) -> NDArray[np.float64]:
    return clip.parameters[:, [INDEX[name] for name in names_]].astype(np.float64)


def test_clips_are_aligned_and_complete(clips: list[Performance]) -> None:
    for clip in clips:
        assert clip.parameters.shape == (200, len(PARAMETERS))
        assert clip.parameters.dtype == np.float32
        assert clip.waveform.shape == (200 * HOP,)
        assert clip.waveform.dtype == np.float32
        assert 0.25 < np.abs(clip.waveform).max() <= 1
        assert clip.phonemes[0].start_s == 0
        assert clip.phonemes[-1].end_s == pytest.approx(8.0)
        for before, after in zip(clip.phonemes, clip.phonemes[1:], strict=False):
            assert before.end_s == pytest.approx(after.start_s, abs=1e-4)
        assert VARIANTS[clip.voice.variant].split == "val"
        known = " ".join((*sentences("val"), *names("val")))
        assert sum(word in known for word in clip.text.split()) > 0.6 * len(clip.text.split())
        check_parameters(clip.parameters)


def test_sound_is_where_the_phonemes_say(clips: list[Performance]) -> None:
    for clip in clips:
        power = (clip.waveform.reshape(-1, HOP).astype(np.float64) ** 2).mean(1)
        times = (np.arange(200) + 0.5) / FPS
        pauses = [p for p in clip.phonemes if p.is_pause and p.duration_s > 0.15]
        silent = np.any([(times > p.start_s + 0.05) & (times < p.end_s - 0.05) for p in pauses], 0)
        assert power[silent].max() < 0.01 * np.percentile(power, 95)
        noise_db = 10 * np.log10(np.median(power[silent]))
        assert -76 < noise_db < -54  # a quiet room, never digital silence


@pytest.mark.parametrize("frames", [1, 2, 7, 601])
def test_any_length(frames: int) -> None:
    clip = perform(np.random.default_rng(1), frames=frames)
    assert clip.parameters.shape == (frames, len(PARAMETERS))
    assert len(clip.waveform) == frames * HOP


def test_zero_frames_and_nothing_to_do_are_errors() -> None:
    rng = np.random.default_rng(0)
    for frames in (0, -3):
        with pytest.raises(InputError, match="a clip needs at least one frame; expected 1 or more"):
            perform(rng, frames=frames)
    with pytest.raises(InputError, match="a performance needs a text or a number of frames"):
        perform(rng)
    with pytest.raises(InputError, match="nothing in this text can be spoken"):
        perform(rng, text=" ... ")
    with pytest.raises(InputError, match="no such split: 'dev'"):
        perform(rng, frames=10, split="dev")


def test_same_seed_same_clip_whatever_was_made_before() -> None:
    first = perform(np.random.default_rng(3), frames=100)
    perform(np.random.default_rng(4), frames=60)
    again = perform(np.random.default_rng(3), frames=100)
    assert first.waveform.tobytes() == again.waveform.tobytes()
    assert first.parameters.tobytes() == again.parameters.tobytes()
    assert (first.text, first.voice, first.style) == (again.text, again.voice, again.style)
    rng = np.random.default_rng(3)
    assert perform(rng, frames=100).text != perform(rng, frames=100).text


def test_another_process_makes_the_same_clip() -> None:
    code = (
        "import hashlib, numpy as np\n"
        "from styletalker.plugins.puppet.performance import perform\n"
        "perform(np.random.default_rng(8), frames=40)\n"
        "clip = perform(np.random.default_rng(9), frames=120, split='test')\n"
        "print(hashlib.sha256(clip.waveform.tobytes() + clip.parameters.tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    clip = perform(np.random.default_rng(9), frames=120, split="test")
    content = clip.waveform.tobytes() + clip.parameters.tobytes()
    assert done.stdout.strip() == hashlib.sha256(content).hexdigest()


def test_giving_one_part_leaves_the_others() -> None:
    free = perform(np.random.default_rng(5), frames=50)
    voice = Voice(accent="en-us", variant="f1", rate_wpm=150, pitch=50, pitch_range=50)
    given = perform(np.random.default_rng(5), frames=50, voice=voice)
    assert given.voice == voice
    assert (given.text.split()[0], given.style) == (free.text.split()[0], free.style)


def test_text_is_said_at_its_natural_length_or_fitted() -> None:
    text = 'Mum left. "Will she be back?" Perhaps'
    natural = perform(np.random.default_rng(6), text=text)
    assert natural.text == text
    assert 50 < natural.frames < 150
    pauses = [p.duration_s for p in natural.phonemes if p.is_pause]
    assert all(0.2 <= pause <= 0.9 + 0.04 for pause in pauses[1:-1])
    assert len(pauses) == 4  # before, twice between, after
    cut = perform(np.random.default_rng(6), text=text, frames=30)
    assert len(cut.waveform) == 30 * HOP
    padded = perform(np.random.default_rng(6), text=text, frames=300)
    assert padded.phonemes[-1].is_pause
    assert padded.phonemes[-1].duration_s > 5
    tail = padded.parameters[-100:]
    assert (tail[:, : INDEX["tongue"] + 1] == tail[:1, : INDEX["tongue"] + 1]).all()
    assert np.ptp(tail[:, INDEX["yaw"]]) > 0.2  # the head goes on
    assert tail[:, INDEX["blink_l"]].max() > 0.8  # and so do the lids


def test_lips_close_and_rest(clips: list[Performance]) -> None:
    bilabials, rests = [], []
    for clip in clips:
        gap = column(clip, "jaw", "part").sum(1)
        shut = (column(clip, "press")[:, 0] > 0.8) & (gap < 0.1)
        for p in clip.phonemes:
            at = int(p.start_s * FPS)
            if p.symbol in ("p", "b", "m") and p.end_s < 7.95:
                bilabials.append(shut[max(0, at - 1) : at + 2].any())
            if p.is_pause and p.duration_s > 0.2:
                inside = slice(int(np.ceil((p.start_s + 0.08) * FPS)), int((p.end_s - 0.08) * FPS))
                rests += list(gap[inside] < 0.02)
    assert len(bilabials) > 40
    assert np.mean(bilabials) >= 0.99
    assert len(rests) > 80
    assert np.mean(rests) >= 0.99


def test_mouth_opens_with_the_energy_without_delay(clips: list[Performance]) -> None:
    curves = []
    for clip in clips:
        opening = column(clip, "jaw", "part").sum(1)
        energy = np.log((clip.waveform.reshape(-1, HOP).astype(np.float64) ** 2).mean(1) + 1e-8)
        curves.append(
            [np.corrcoef(opening[5 + k : 195 + k], energy[5:195])[0, 1] for k in range(-5, 6)]
        )
    curve = np.mean(curves, axis=0)
    assert abs(int(curve.argmax()) - 5) <= 1
    assert curve.max() > 0.3


def test_head_moves_like_a_speakers(clips: list[Performance]) -> None:
    angles = np.array([column(clip, "yaw", "pitch", "roll") for clip in clips])  # [N, T, 3]
    assert np.abs(angles[..., 0]).max() <= 25
    spread = angles.std(1)
    assert 1.2 < np.median(spread[:, 0]) < 8
    assert 0.8 < np.median(spread[:, 1]) < 6
    assert 0.5 < np.median(spread[:, 2]) < 5
    speed = np.abs(np.diff(angles, axis=1)) * FPS
    assert 1 < np.median(speed.mean(1)[:, 0]) < 10
    assert speed.max() < 100  # degrees a second: no jumps
    acceleration = np.abs(np.diff(angles, 2, axis=1)) * FPS**2
    assert acceleration.max() < 1200
    shifts = np.array([column(clip, "tx", "ty", "tz") for clip in clips])
    assert np.abs(np.diff(shifts, axis=1)).max() * FPS < 15  # cm a second


def test_both_eyes_blink_and_turn_down_a_little(clips: list[Performance]) -> None:
    peaks = 0
    for clip in clips:
        left, right = column(clip, "blink_l", "blink_r").T
        assert (left == right).all()
        peaks += int((np.diff((left > 0.5).astype(int)) > 0).sum())
    assert 10 < peaks * 60 / (8 * CLIPS) < 25
