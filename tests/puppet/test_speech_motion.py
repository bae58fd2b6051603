"""Head, eyes and style: motion that follows speech and differs between speakers."""

from __future__ import annotations

import attrs
import numpy as np
from styletalker.plugins.puppet.blinks import blink_track, blinks
from styletalker.plugins.puppet.espeak import Speech, synthesise
from styletalker.plugins.puppet.gaze import fixations, gaze_track
from styletalker.plugins.puppet.parameters import INDEX
from styletalker.plugins.puppet.performance import animate, perform
from styletalker.plugins.puppet.prosody import analyse
from styletalker.plugins.puppet.speaker_style import SpeakerStyle, sample_style

FPS = 25


def test_nods_fall_on_accents() -> None:
    """Head speed is higher around strong accents than elsewhere in speech."""
    style = SpeakerStyle(nod_share=0.8, nod_deg=5, sway_deg=0.5, phrase_deg=0.5)
    near, far = [], []
    for seed in range(6):
        clip = perform(np.random.default_rng(seed), frames=250, style=style)
        pitch = clip.parameters[:, INDEX["pitch"]]
        prosody = analyse(Speech(clip.waveform, clip.phonemes), 250)
        times = (np.arange(250) + 0.5) / FPS
        strong = [a.time_s for a in prosody.accents if a.strength > 1.2]
        away = np.min(np.abs(times[:, None] - np.array(strong)), axis=1)
        near.append(pitch[away < 0.08].mean())
        far.append(pitch[away > 0.6].mean())
    assert np.mean(near) < np.mean(far) - 0.7  # degrees; down is negative


def test_blinks_come_at_human_rates_and_close_fast() -> None:
    speech = synthesise("One two three. " * 5)
    prosody = analyse(speech, 1500)
    style = SpeakerStyle(blinks_per_min=18)
    rates, found = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        stays = fixations(rng, prosody, style, 60)
        one = blinks(rng, prosody, stays, style, 60)
        rates.append(len([b for b in one if b.start_s > 0]))
        found += list(one)
        starts = np.array([b.start_s for b in one])
        assert np.diff(starts).min() > 0.25
    assert 15 < np.mean(rates) < 20
    lengths = np.array([b.duration_s for b in found])
    assert 0.149 < lengths.min() < lengths.max() < 0.251
    assert all(1.4 * b.closing_s < b.opening_s for b in found)
    lid = blink_track(tuple(found[:1]), 3 * FPS * 60)
    assert lid.max() > 0.9
    assert 3 <= (lid > 0.005).sum() <= 7


def test_gaze_holds_still_against_the_head_and_jumps_between() -> None:
    rng = np.random.default_rng(0)
    style, frames = SpeakerStyle(), 500
    prosody = analyse(synthesise("One two three."), frames)
    stays = fixations(rng, prosody, style, frames / FPS)
    head = 6 * np.sin(np.arange(frames) / FPS * 4)[:, None] * [1.0, 0.5]
    eyes = gaze_track(rng, stays, head)
    room = eyes + head
    steps = np.linalg.norm(np.diff(room, axis=0), axis=1)
    assert np.median(steps) < 0.25  # degrees a frame: held in the room
    assert np.median(np.linalg.norm(np.diff(eyes, axis=0), axis=1)) > 0.35  # not in the head
    jumps = steps > 3
    assert 0.1 < jumps.sum() / (frames / FPS) < 2.5  # large saccades a second
    assert np.abs(eyes[:, 0]).max() < 22
    assert np.abs(eyes[:, 1]).max() < 14
    share = sum(s.contact for s in stays) / len(stays)
    assert share > 0.5


def test_styles_differ_and_stay_in_human_ranges() -> None:
    rng = np.random.default_rng(0)
    styles = [sample_style(rng) for _ in range(300)]
    for name, low, high in (
        ("blinks_per_min", 11, 25),
        ("nod_deg", 1, 7),
        ("yaw_deg", -14, 14),
        ("contact_share", 0.4, 0.9),
        ("smile", 0, 0.45),
    ):
        values = np.array([getattr(s, name) for s in styles])
        assert low <= values.min() < values.max() <= high, name
        assert values.std() > 0.12 * (high - low), name
    lively = [s.nod_deg for s in styles if s.sway_deg > 2.5]
    calm = [s.nod_deg for s in styles if s.sway_deg <= 2.5]
    assert np.mean(lively) > np.mean(calm) + 0.5


def test_style_is_visible_in_the_motion() -> None:
    speech = synthesise("A lively speaker moves the head, nods a lot, and smiles. " * 3)
    calm = attrs.evolve(SpeakerStyle(), sway_deg=0.7, nod_deg=1, phrase_deg=0.8, smile=0.0)
    lively = attrs.evolve(SpeakerStyle(), sway_deg=4.0, nod_deg=6, phrase_deg=6, smile=0.4)
    still, moving = (animate(np.random.default_rng(2), speech, 250, s) for s in (calm, lively))
    for name in ("yaw", "pitch", "roll"):
        assert moving[:, INDEX[name]].std() > 2 * still[:, INDEX[name]].std()
    assert moving[:, INDEX["smile"]].mean() > 0.2 > still[:, INDEX["smile"]].mean()


def test_brows_rise_on_accents() -> None:
    style = SpeakerStyle(brow_share=1.0, brow_height=0.6)
    clip = perform(np.random.default_rng(1), frames=300, style=style)
    prosody = analyse(Speech(clip.waveform, clip.phonemes), 300)
    strong = [a.time_s for a in prosody.accents if a.strength > 1 and a.time_s < 11.5]
    brows = clip.parameters[:, INDEX["brow_up"]]
    raised = [brows[int(time_s * FPS)] for time_s in strong]
    assert len(strong) > 5
    assert np.median(raised) > 0.4
    plain = attrs.evolve(style, brow_share=0.0)
    flat = perform(np.random.default_rng(1), frames=300, style=plain).parameters
    assert flat[:, INDEX["brow_up"]].mean() < 0.5 * brows.mean()


def test_the_eyes_turn_down_in_a_blink() -> None:
    drops = []
    for seed in range(12):
        clip = perform(np.random.default_rng(seed), frames=250).parameters
        lid, gaze = clip[:, INDEX["blink_l"]], clip[:, INDEX["gaze_y"]]
        shut = np.flatnonzero(lid[5:-5] > 0.9) + 5
        drops += list(gaze[shut] - (gaze[shut - 4] + gaze[shut + 4]) / 2)
    assert len(drops) > 15
    assert -3 < np.median(drops) < -0.7
