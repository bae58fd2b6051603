"""Figures of the puppet's speech and motion over many clips.

    python tests/benchmarks/puppet_speech.py [clips] [seconds] [split]

Prints how well lips close, how eyes blink, how the mouth follows the energy, how the head
moves, and what a second of performance costs. The same measures are tested on few clips.
"""

from __future__ import annotations

import sys
import time

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.parameters import INDEX
from styletalker.plugins.puppet.performance import Performance, perform

FPS, HOP = 25, 640
MARGIN = 2 / FPS


@attrs.define
class Totals:
    """Counts over all clips."""

    bilabials: list[bool] = attrs.field(factory=list)
    labiodentals: list[bool] = attrs.field(factory=list)
    quiet: list[bool] = attrs.field(factory=list)
    vowels: list[bool] = attrs.field(factory=list)
    pause_frames: list[bool] = attrs.field(factory=list)
    blinks_per_min: list[float] = attrs.field(factory=list)
    blink_ms: list[float] = attrs.field(factory=list)
    correlation: list[NDArray[np.float64]] = attrs.field(factory=list)
    in_speech: list[float] = attrs.field(factory=list)
    elsewhere: list[float] = attrs.field(factory=list)
    pose_std: list[NDArray[np.float64]] = attrs.field(factory=list)
    speed: list[NDArray[np.float64]] = attrs.field(factory=list)
    peak_speed: list[NDArray[np.float64]] = attrs.field(factory=list)
    gaze: list[NDArray[np.float64]] = attrs.field(factory=list)
    nod_correlation: list[float] = attrs.field(factory=list)


def column(clip: Performance, name: str) -> NDArray[np.float64]:
    """One parameter [T]."""
    return clip.parameters[:, INDEX[name]].astype(np.float64)


def closed(clip: Performance) -> NDArray[np.bool_]:
    """Frames [T] whose lips touch along their whole length: pressed, no opening left."""
    return (column(clip, "press") > 0.75) & (column(clip, "jaw") + column(clip, "part") < 0.15)


def touching(clip: Performance) -> NDArray[np.bool_]:
    """Frames [T] whose lower lip touches the teeth."""
    return (column(clip, "fv") > 0.75) & (column(clip, "jaw") < 0.15)


def near(frames: NDArray[np.bool_], start_s: float) -> bool:
    """Whether the frame of *start_s* or one beside it is set."""
    at = int(start_s * FPS)
    return bool(frames[max(0, at - 1) : at + 2].any())


def resting(clip: Performance) -> list[bool]:
    """For each frame well inside a pause over 200 ms: closed, and as the frame before."""
    lips = clip.parameters[:, : INDEX["tongue"] + 1]
    still = np.r_[True, np.abs(np.diff(lips, axis=0)).max(1) < 0.01]
    shut = (column(clip, "jaw") + column(clip, "part")) < 0.02
    found: list[bool] = []
    for p in clip.phonemes:
        if p.is_pause and p.duration_s > 0.2:
            first = int(np.ceil((p.start_s + MARGIN) * FPS))
            last = int(np.floor((p.end_s - MARGIN) * FPS))
            found += [bool(shut[t] and (still[t] or t == first)) for t in range(first, last)]
    return found


def quiet_and_closed(clip: Performance) -> list[bool]:
    """The same from the sound alone: frames well inside 200 ms or more of quiet."""
    power = (clip.waveform.reshape(-1, HOP).astype(np.float64) ** 2).mean(1)
    quiet = power < 10**-3.5 * np.percentile(power, 95)
    shut = (column(clip, "jaw") + column(clip, "part")) < 0.02
    edges = np.diff(np.r_[0, quiet, 0].astype(int))
    starts, ends = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    runs = [(s, e) for s, e in zip(starts, ends, strict=True) if e - s >= 6]
    return [bool(shut[t]) for s, e in runs for t in range(s + 2, e - 2)]


def lag_curve(clip: Performance) -> NDArray[np.float64]:
    """Correlation of mouth opening and log energy [11] for lags of -5 to 5 frames."""
    opening = column(clip, "jaw") + column(clip, "part")
    energy = np.log((clip.waveform.reshape(-1, HOP).astype(np.float64) ** 2).mean(1) + 1e-8)
    curve = []
    for lag in range(-5, 6):  # positive: the mouth moves after the sound
        a = opening[5 + lag : len(opening) - 5 + lag]
        curve.append(float(np.corrcoef(a, energy[5 : len(energy) - 5])[0, 1]))
    return np.array(curve)


def correlations_in_speech(clip: Performance) -> tuple[float, float]:
    """Correlation of opening and energy without the pauses, and with energy 2 s away."""
    opening = column(clip, "jaw") + column(clip, "part")
    energy = np.log((clip.waveform.reshape(-1, HOP).astype(np.float64) ** 2).mean(1) + 1e-8)
    times = (np.arange(clip.frames) + 0.5) / FPS
    spoken = np.ones(clip.frames, bool)
    for p in clip.phonemes:
        if p.is_pause and p.duration_s > 0.1:
            spoken &= (times < p.start_s) | (times > p.end_s)
    within = float(np.corrcoef(opening[spoken], energy[spoken])[0, 1])
    return within, float(np.corrcoef(opening[50:], energy[:-50])[0, 1])


def blink_lengths_ms(clip: Performance) -> list[float]:
    """Length of each blink that lies inside the clip, in whole frames."""
    lid = column(clip, "blink_l")
    edges = np.diff(np.r_[0, lid > 0.005, 0].astype(int))
    starts, ends = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    whole = [(s, e) for s, e in zip(starts, ends, strict=True) if s > 0 and e < len(lid)]
    return [1000 * (e - s) / FPS for s, e in whole]


def add(totals: Totals, clip: Performance) -> None:
    """Add one clip."""
    lips, teeth = closed(clip), touching(clip)
    for p in clip.phonemes:
        if p.end_s < clip.frames / FPS - 0.02:
            if p.symbol in ("p", "b", "m"):
                totals.bilabials.append(near(lips, p.start_s))
            if p.duration_s > 0.08 and p.stress == 2:  # an open mouth in stressed vowels
                totals.vowels.append(not lips[int((p.start_s + p.end_s) / 2 * FPS)])
            if p.symbol in ("f", "v"):
                totals.labiodentals.append(near(teeth, p.start_s))
    totals.pause_frames += resting(clip)
    totals.quiet += quiet_and_closed(clip)
    lengths = blink_lengths_ms(clip)
    totals.blink_ms += lengths
    peaks = np.diff(np.r_[0, column(clip, "blink_l") > 0.5, 0].astype(int)) > 0
    totals.blinks_per_min.append(60 * float(peaks.sum()) * FPS / clip.frames)
    totals.correlation.append(lag_curve(clip))
    within, other = correlations_in_speech(clip)
    totals.in_speech.append(within)
    totals.elsewhere.append(other)
    angles = np.stack([column(clip, name) for name in ("yaw", "pitch", "roll")], 1)
    velocity = np.abs(np.gradient(angles, 1 / FPS, axis=0))
    totals.pose_std.append(angles.std(0))
    totals.speed.append(velocity.mean(0))
    totals.peak_speed.append(np.percentile(velocity, 99, axis=0))
    totals.gaze.append(np.stack([column(clip, "gaze_x"), column(clip, "gaze_y")], 1).std(0))
    energy = np.log((clip.waveform.reshape(-1, HOP).astype(np.float64) ** 2).mean(1) + 1e-8)
    head = np.linalg.norm(np.gradient(angles, axis=0), axis=1)
    totals.nod_correlation.append(float(np.corrcoef(head, energy)[0, 1]))


def report(totals: Totals) -> None:
    """Print the figures."""

    def spread(values: list[float] | NDArray[np.float64]) -> str:
        q = np.percentile(np.asarray(values), [5, 25, 50, 75, 95])
        return " ".join(f"{v:.1f}" for v in q)

    def triple(values: list[NDArray[np.float64]]) -> str:
        low, middle, high = np.percentile(np.array(values), [10, 50, 90], axis=0)
        return "; ".join(
            f"{m:.1f} ({a:.1f} to {b:.1f})" for a, m, b in zip(low, middle, high, strict=True)
        )

    def share(hits: list[bool]) -> str:
        return f"{100 * np.mean(hits):.2f} % of {len(hits)}"

    print(f"p b m closed:   {share(totals.bilabials)}")
    print(f"f v touching:   {share(totals.labiodentals)}")
    print(f"pauses at rest: {share(totals.pause_frames)}")
    print(f"closed in quiet: {share(totals.quiet)}")
    print(f"open in vowels: {share(totals.vowels)}")
    print(
        f"blinks a minute: mean {np.mean(totals.blinks_per_min):.1f}; 5 25 50 75 95 % "
        f"{spread(totals.blinks_per_min)}"
    )
    print(f"blink length in ms (by whole frames): {spread(totals.blink_ms)}")
    curve = np.mean(totals.correlation, axis=0)
    print(
        f"opening and energy: peak {curve.max():.2f} at {int(curve.argmax()) - 5} frames; "
        + " ".join(f"{v:.2f}" for v in curve)
    )
    print(
        f"  without pauses {np.mean(totals.in_speech):.2f}; with energy 2 s away "
        f"{np.mean(totals.elsewhere):.2f}"
    )
    print("yaw; pitch; roll, median (10 to 90 %)")
    print(f"  std in a clip, deg:    {triple(totals.pose_std)}")
    print(f"  mean speed, deg/s:     {triple(totals.speed)}")
    print(f"  99 % speed, deg/s:     {triple(totals.peak_speed)}")
    print(f"gaze std x; y, deg:      {triple(totals.gaze)}")
    print(f"head speed and energy:   r = {np.mean(totals.nod_correlation):.2f}")


def main() -> None:
    """Measure as asked on the command line."""
    clips, seconds = (int(a) for a in (*sys.argv[1:3], *("100", "8")[len(sys.argv[1:3]) :]))
    split = sys.argv[3] if len(sys.argv) > 3 else "test"
    totals, spent = Totals(), 0.0
    for seed in range(clips):
        began = time.perf_counter()
        clip = perform(np.random.default_rng(seed), frames=seconds * FPS, split=split)
        spent += time.perf_counter() - began
        add(totals, clip)
    report(totals)
    print(f"cost: {1000 * spent / (clips * seconds):.1f} ms per second of clip")


if __name__ == "__main__":
    main()
