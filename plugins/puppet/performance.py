"""A puppet's performance: text or a split in, waveform and animation parameters out.

:func:`perform` is what the corpus is made with; :func:`animate` is its second half, for
speech that is already there. Both are deterministic given the generator, and the parts
(text, voice, style, motion) draw from generators of their own, so that giving one of
them doesn't change the others.
"""

from __future__ import annotations

from itertools import repeat

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.plugins.puppet import staging
from styletalker.plugins.puppet.blinks import blink_track, blinks
from styletalker.plugins.puppet.espeak import Phoneme, Speech
from styletalker.plugins.puppet.expression import FACE, face_track
from styletalker.plugins.puppet.gaze import fixations, gaze_track
from styletalker.plugins.puppet.head_motion import POSE, head_track
from styletalker.plugins.puppet.lips import LIPS, lip_track
from styletalker.plugins.puppet.parameters import INDEX, check_parameters, neutral
from styletalker.plugins.puppet.prosody import analyse
from styletalker.plugins.puppet.sentences import lines, pause_s
from styletalker.plugins.puppet.signals import FPS
from styletalker.plugins.puppet.speaker_style import SpeakerStyle, sample_style
from styletalker.plugins.puppet.voices import Voice, sample_voice

__all__ = ["Performance", "animate", "perform"]

_LEAD_S = (0.1, 0.5)
"""Silence before the first word, from and to."""

_LOUDEST = (0.3, 0.9)
"""Peak of a recording's waveform, from and to: people set their levels differently."""

_NOISE_DB = (-75.0, -55.0)
"""Level of the room's noise, from and to, in dB below full scale: a studio to a quiet
room. Digital silence never occurs in real recordings."""

_BLINK_DROP_DEG = 1.5
"""How far the eyes turn down in a blink (Riggs et al. 1987: 1 to 2 degrees)."""


@attrs.frozen(eq=False, kw_only=True)
class Performance:
    """A clip before rendering."""

    waveform: NDArray[np.float32]
    """Mono samples [640 T] at 16 kHz in [-1, 1]."""
    phonemes: tuple[Phoneme, ...]
    """What is said when, pauses included, from 0 to the end of the clip."""
    parameters: NDArray[np.float32]
    """Animation parameters [T, P] at 25 frames per second."""
    text: str
    """What the puppet says; the end may be cut by the end of the clip."""
    voice: Voice
    """Whose voice."""
    style: SpeakerStyle
    """Whose manner."""

    @property
    def frames(self) -> int:
        """Length T of the clip."""
        return len(self.parameters)


def animate(
    rng: np.random.Generator, speech: Speech, frames: int, style: SpeakerStyle
) -> NDArray[np.float32]:
    """Animation parameters [T, P] of a speaker of *style* saying *speech*.

    Raises:
        InputError: *frames* isn't positive.
    """
    fitted = staging.fit(speech, frames)
    head_rng, gaze_rng, blink_rng, face_rng = rng.spawn(4)
    prosody = analyse(fitted, frames)
    lips = lip_track(fitted.phonemes, frames, style.articulation, prosody.loudness)
    head = head_track(head_rng, prosody, style, frames)
    stays = fixations(gaze_rng, prosody, style, frames / FPS)
    eyes = gaze_track(gaze_rng, stays, head)
    lid = blink_track(blinks(blink_rng, prosody, stays, style, frames / FPS), frames)
    eyes[:, 1] = np.maximum(eyes[:, 1] - _BLINK_DROP_DEG * lid, -14.0)
    column = dict(zip(LIPS, lips.T, strict=True))
    face = face_track(face_rng, prosody, style, column["round"], column["press"])

    parameters = neutral(frames)
    for names, track in ((LIPS, lips), (FACE, face), (POSE, head), (("gaze_x", "gaze_y"), eyes)):
        for name, values in zip(names, track.T, strict=True):
            parameters[:, INDEX[name]] = values
    for name in ("blink_l", "blink_r"):
        parameters[:, INDEX[name]] = lid
    check_parameters(parameters)
    return parameters


def perform(
    rng: np.random.Generator,
    *,
    frames: int | None = None,
    split: str = "train",
    text: str | None = None,
    voice: Voice | None = None,
    style: SpeakerStyle | None = None,
) -> Performance:
    """A performance of *frames* frames, or of a given text at its natural length.

    Args:
        rng: decides whatever isn't given.
        frames: length T of the clip; longer text is cut, shorter padded with silence.
        split: whose sentences and voices are drawn from.
        text: what to say; sentences of *split* when left out.
        voice: whose voice; one of *split* when left out.
        style: whose manner; a random one when left out.

    Raises:
        InputError: neither *frames* nor *text* is given, *frames* isn't positive, the
            split doesn't exist, or the text can't be spoken.
    """
    if frames is None and text is None:
        raise InputError(compose("a performance needs a text or a number of frames"))
    if frames is not None and frames < 1:
        raise InputError(
            compose("a clip needs at least one frame", expected="1 or more frames", given=frames)
        )
    text_rng, voice_rng, style_rng, motion_rng, sound_rng = rng.spawn(5)
    who = voice or sample_voice(voice_rng, split)
    manner = style or sample_style(style_rng)
    lead_s = float(sound_rng.uniform(*_LEAD_S))
    if text is None:
        said = lines(text_rng, split)
    else:
        said = iter(staging.split_lines(text, (pause_s(text_rng) for _ in repeat(None))))
    speech, words = staging.spoken(said, who, frames, lead_s)
    length = frames if frames is not None else staging.frames_in(speech)
    fitted = staging.fit(speech, length)
    return Performance(
        waveform=_recorded(sound_rng, fitted.waveform),
        phonemes=fitted.phonemes,
        parameters=animate(motion_rng, fitted, length, manner),
        text=words,
        voice=who,
        style=manner,
    )


def _recorded(rng: np.random.Generator, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """*waveform* at a recording's level with the noise of a room."""
    peak = float(np.abs(waveform).max())
    loudest, noise_db = rng.uniform(*_LOUDEST), rng.uniform(*_NOISE_DB)
    gain = loudest / peak if peak > 0 else 1.0
    noise = rng.standard_normal(len(waveform)) * 10 ** (noise_db / 20)
    recorded: NDArray[np.float32] = np.clip(gain * waveform + noise, -1, 1).astype(np.float32)
    return recorded
