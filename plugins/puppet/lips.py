"""Lip parameters from phoneme times: coarticulation, and contacts that really touch.

Two layers. The first blends the mouth shapes of all sounds by dominance functions
(Cohen & Massaro 1993, "Modeling coarticulation in synthetic visual speech"), so that a
sound's shape reaches into its neighbours and short vowels don't reach their target. In
the second, lips that must touch do touch: p, b and m close them, f and v bring the lower
lip to the teeth, and in a pause they rest, closed and still. Blending alone would leave
them ajar between two open vowels.

Frame t shows samples [640 t, 640 (t + 1)): tracks are computed at 200 Hz and averaged
over the middle half of each frame, as a camera with a 180 degree shutter does.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from styletalker.plugins.puppet.espeak import Phoneme
from styletalker.plugins.puppet.signals import FPS
from styletalker.plugins.puppet.visemes import VISEMES, Segment, segments

__all__ = ["LIPS", "Articulation", "lip_track"]

LIPS = ("jaw", "part", "round", "spread", "press", "fv", "lip_up", "tongue")
"""The parameters of a lip track [T, 8], in the order of the animation parameters."""

_STEPS = 8
"""Steps per frame: 5 ms, a twelfth of the shortest contact."""

_EXPOSED = slice(2, 6)
"""The steps of a frame a camera sees: the middle 20 ms."""

_LEAD_S = 0.03
"""Articulators move ahead of the sound they make; 30 ms keeps the opening within a frame
of the energy, while lips start moving 100 ms and more before sound after a pause
(Chandrasekaran et al. 2009)."""

_REACH_S = 0.45
"""Dominances are cut here: about 1 % of their peak for the slowest viseme."""

_CORE = 0.6
"""Share of a sound's half length in which its dominance stays at the peak."""

_CONTACT_S = {
    "p": (-0.02, 0.045),
    "b": (-0.02, 0.04),
    "m": (-0.005, 0.055),
    "f": (-0.01, 0.05),
    "v": (-0.01, 0.05),
}
"""Full contact, from and at least until, relative to the start of the phoneme. 60 ms or
more, so that the exposure of one frame (20 ms of every 40) falls entirely inside; measured
closures of p, b and m last 60 to 100 ms."""

_HOLD = {"p": 0.0, "b": 0.0, "m": 0.65, "f": 0.7, "v": 0.7}
"""Share of the phoneme in which the contact is held, where it is the sound itself."""

_CLOSING_S, _OPENING_S = 0.05, 0.045
"""Time to close and to release: lips cross their range in 40 to 80 ms."""

_JAW_INERTIA_S = 0.022
"""The jaw is heavier than the lips: its path is smoothed by a Gaussian of this width, so
that it turns by some 150 degrees a second at most, as in the fastest speech."""

_PAUSE_MIN_S, _PAUSE_FULL_S = 0.06, 0.15
"""Shorter pauses leave the lips as they are, from the second length on they close."""

_PAUSE_CLOSED_S = 0.07
"""The lips have closed this long after a pause began and start to open this long before
it ends: together with the ramps they are still for all but two frames at each end."""

_REST_PRESS = 0.08
"""Press of resting lips: light contact."""


@attrs.frozen(kw_only=True)
class Articulation:
    """How a speaker moves the mouth."""

    jaw: float = 1.0
    """Factor on the jaw opening: mumblers 0.7, clear speakers 1.1."""
    lips: float = 1.0
    """Factor on rounding, spreading and lip opening."""
    press: float = 1.0
    """How hard the lips press together in p, b and m, 0.9 to 1."""


def lip_track(
    phonemes: Sequence[Phoneme],
    frames: int,
    articulation: Articulation | None = None,
    loudness: NDArray[np.float64] | None = None,
) -> NDArray[np.float32]:
    """Lip parameters [T, 8] over :data:`LIPS` for *frames* frames.

    Args:
        phonemes: what is said, in time order; silence is assumed beyond them.
        frames: length T of the track.
        articulation: the speaker's habits; average ones when left out.
        loudness: relative loudness [T] around 1: louder speech opens the jaw further.
    """
    habits = articulation or Articulation()
    times = (np.arange(frames * _STEPS) + 0.5) / (FPS * _STEPS)  # [T * steps]
    spoken = segments(phonemes)
    track = _blend(spoken, times, habits, loudness)
    end_s = times[-1] + 1.0 if frames else 0.0
    _mix(track, _contact_share(phonemes, times, "fv"), _teeth(track))
    _mix(track, _contact_share(phonemes, times, "pbm"), _closed(track, habits.press))
    track[:, 0] = gaussian_filter1d(track[:, 0], _JAW_INERTIA_S * FPS * _STEPS, mode="nearest")
    _mix(track, _pause_share(phonemes, times, end_s), _rest(track))
    track = np.clip(track, 0, 1)
    exposed = track.reshape(frames, _STEPS, len(LIPS))[:, _EXPOSED]  # [T, 4, 8]
    seen: NDArray[np.float32] = exposed.mean(1).astype(np.float32)
    return seen


def _blend(
    spoken: Sequence[Segment],
    times: NDArray[np.float64],
    habits: Articulation,
    loudness: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Dominance-weighted mean of the targets of all sounds [T * steps, 8]."""
    moment = times + _LEAD_S
    columns = len(LIPS)
    total = np.full((len(times), columns), 1e-4)
    weighted = np.zeros((len(times), columns))
    for segment in spoken:
        viseme = VISEMES[segment.viseme]
        first, last = np.searchsorted(
            moment, [segment.start_s - _REACH_S, segment.end_s + _REACH_S]
        )
        if first == last:
            continue
        half = (segment.end_s - segment.start_s) / 2
        away = np.abs(moment[first:last] - segment.start_s - half) - _CORE * half
        fall = np.exp(-viseme.rate * np.maximum(away, 0.0))
        jaw = viseme.jaw * habits.jaw * _effort(segment, loudness)
        lips = habits.lips
        target = np.array(
            [
                jaw,
                viseme.part * lips,
                viseme.round * lips,
                viseme.spread * lips,
                0.0,
                0.0,
                viseme.lip_up * lips,
                viseme.tongue,
            ]
        )
        opening, shape, tip = viseme.strength, viseme.shape, viseme.tip
        alpha = np.array([opening, opening, shape, shape, 1.0, 1.0, opening, tip])
        dominance = fall[:, None] * alpha  # [steps, 8]
        total[first:last] += dominance
        weighted[first:last] += dominance * target
    track: NDArray[np.float64] = weighted / total
    track[:, 3] *= 1 - 0.7 * track[:, 2]  # rounded lips can't be spread
    return track


def _mix(
    track: NDArray[np.float64], share: NDArray[np.float64], target: NDArray[np.float64]
) -> None:
    """Move *track* towards *target* by *share* [T * steps], in place."""
    track += share[:, None] * (target - track)


def _effort(segment: Segment, loudness: NDArray[np.float64] | None) -> float:
    """Factor on the jaw: stressed and loud syllables open it more (de Jong 1995)."""
    stress = (0.85, 0.97, 1.1)[segment.stress]
    if loudness is None or len(loudness) == 0:
        return stress
    frame = int((segment.start_s + segment.end_s) / 2 * FPS)
    return stress * float(loudness[min(frame, len(loudness) - 1)])


def _contact_share(
    phonemes: Sequence[Phoneme], times: NDArray[np.float64], kinds: str
) -> NDArray[np.float64]:
    """How fully the lips hold the contact of the phonemes in *kinds* [T * steps]."""
    share = np.zeros(len(times))
    for phoneme in phonemes:
        kind = phoneme.symbol[:1]
        if kind not in kinds or phoneme.is_pause:
            continue
        before, until = _CONTACT_S[kind]
        held = max(until, _HOLD[kind] * phoneme.duration_s)
        _raise(share, times, phoneme.start_s + before, phoneme.start_s + held)
    return share


def _pause_share(
    phonemes: Sequence[Phoneme], times: NDArray[np.float64], end_s: float
) -> NDArray[np.float64]:
    """How fully the lips rest [T * steps]: 1 in pauses and beyond the speech."""
    share = np.zeros(len(times))
    spoken = [(p.start_s, p.end_s) for p in phonemes if not p.is_pause]
    silent_from = -1.0
    for start_s, stop_s in [*spoken, (end_s, end_s)]:
        length = start_s - silent_from
        depth = np.clip((length - _PAUSE_MIN_S) / (_PAUSE_FULL_S - _PAUSE_MIN_S), 0, 1)
        if depth > 0:
            margin = min(_PAUSE_CLOSED_S, 0.35 * length)
            _raise(share, times, silent_from + margin, start_s - margin, float(depth))
        silent_from = stop_s
    return share


def _raise(
    share: NDArray[np.float64],
    times: NDArray[np.float64],
    start_s: float,
    end_s: float,
    depth: float = 1.0,
) -> None:
    """Raise *share* to *depth* from start to end, with raised cosine flanks outside."""
    first, last = np.searchsorted(times, [start_s - _CLOSING_S, end_s + _OPENING_S])
    moment = times[first:last]
    rise = np.clip((moment - start_s) / _CLOSING_S + 1, 0, 1)
    fall = np.clip((end_s - moment) / _OPENING_S + 1, 0, 1)
    window = depth * (0.5 - 0.5 * np.cos(np.pi * np.minimum(rise, fall)))
    np.maximum(share[first:last], window, out=share[first:last])


def _teeth(track: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lower lip against the upper teeth; lips keep their shape."""
    target: NDArray[np.float64] = track * np.array([0.3, 0.0, 0.4, 0.5, 0.0, 0.0, 0.0, 0.5])
    target[:, 0] = np.minimum(target[:, 0], 0.1)
    target[:, 5] = 1.0
    target[:, 6] = 0.3
    return target


def _closed(track: NDArray[np.float64], press: float) -> NDArray[np.float64]:
    """Lips together, jaw nearly shut; rounding and spreading go on underneath."""
    target: NDArray[np.float64] = track * np.array([0.15, 0.0, 0.5, 0.4, 0.0, 0.0, 0.0, 1.0])
    target[:, 0] = np.minimum(target[:, 0], 0.05)
    target[:, 4] = press
    return target


def _rest(track: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lips lightly together, nothing moves; a closure at the edge of the pause holds."""
    target = np.zeros_like(track)
    target[:, 4] = np.maximum(track[:, 4], _REST_PRESS)
    return target
