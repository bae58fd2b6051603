"""Audio-visual offset and its certainty, with any sync discriminator.

The names say which component scored: ``sync-confidence-<component>``. They are not LSE-C and
LSE-D, which belong to SyncNet v2 with its public weights.
"""

from __future__ import annotations

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.core.checks import check_frame_count
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator

__all__ = ["MOST_FRAMES", "SyncScore", "sync_offset"]

MOST_FRAMES = 15
"""Offsets from -15 to 15 frames are tried, as SyncNet does."""
_CHUNK = 64
"""Video embeddings computed at a time: memory does not grow with the length of the clip. So with
those of sound, unless they reach beyond their frames: then the sound is taken as a whole."""


@attrs.frozen(kw_only=True, eq=False)
class SyncScore:
    """How lips and sound go together."""

    offset_frames: int
    """Frames by which the lips come after the sound; negative if before (SyncNet's sign)."""
    confidence: float
    """Largest minus median similarity over offsets: 0 for lips that fit nowhere."""
    similarity: NDArray[np.float64]
    """[31]: mean cosine similarity at the offsets -15 to 15."""


def sync_offset(
    discriminator: SyncDiscriminator,
    frames: NDArray[np.uint8],
    waveform: NDArray[np.float32],
    *,
    most: int = MOST_FRAMES,
) -> SyncScore:
    """Where the lips fit the sound best.

    At offset k, the embedding of the frames from t on is compared with that of the sound from
    t - k on, and the cosine similarity is averaged over all t where both exist (no padding: the
    ends of a clip do not distort it, but large offsets rest on fewer values).

    Args:
        discriminator: the network that scores; never the one a model was trained against.
        frames: [T, H, W, 3] RGB at the discriminator's fps.
        waveform: [S] mono in [-1, 1] at its sample rate; S covers T frames.
        most: largest offset, in frames.

    Raises:
        InputError: the clip is shorter than most + 1 windows, or sound and frames differ in
            length.
    """
    covered = check_frame_count(len(waveform), discriminator.sample_rate, discriminator.fps)
    if covered != len(frames):
        problem = "frames and sound differ in length"
        raise InputError(compose(problem, expected=f"{covered} frames", given=len(frames)))
    windows = len(frames) - discriminator.window_frames + 1
    if windows <= most:
        least = most + discriminator.window_frames
        problem = f"the clip is too short for offsets of {most} frames"
        raise InputError(compose(problem, expected=f"at least {least} frames", given=len(frames)))
    video, audio = _embed(discriminator, frames, waveform, windows)
    values = []
    for offset in range(-most, most + 1):
        late = video[max(offset, 0) : windows + min(offset, 0)]
        early = audio[max(-offset, 0) : windows - max(offset, 0)]
        values.append(float((late * early).sum(-1).mean()))
    similarity = np.array(values)
    return SyncScore(
        offset_frames=int(similarity.argmax()) - most,
        confidence=float(similarity.max() - np.median(similarity)),
        similarity=similarity,
    )


@torch.no_grad()
def _embed(
    discriminator: SyncDiscriminator,
    frames: NDArray[np.uint8],
    waveform: NDArray[np.float32],
    windows: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Embeddings [N, E] of both, computed in evaluation mode, a chunk at a time."""
    first = next(discriminator.parameters(), torch.zeros(()))
    samples = discriminator.sample_rate // discriminator.fps
    was_training = discriminator.training
    discriminator.eval()
    video, audio = [], []
    try:
        for start in range(0, windows, _CHUNK):
            stop = min(start + _CHUNK, windows) + discriminator.window_frames - 1
            pixels = torch.from_numpy(frames[start:stop]).to(first)
            pictures = pixels.permute(0, 3, 1, 2)[None] / 127.5 - 1
            video.append(discriminator.embed_video(pictures)[0].double().cpu().numpy())
            if not discriminator.audio_margin:
                audio.append(_heard(discriminator, waveform[start * samples : stop * samples]))
        if discriminator.audio_margin:
            audio.append(_heard(discriminator, waveform))
    finally:
        discriminator.train(was_training)
    return np.concatenate(video), np.concatenate(audio)


def _heard(discriminator: SyncDiscriminator, waveform: NDArray[np.float32]) -> NDArray[np.float64]:
    """Embeddings [N, E] of a waveform [S]."""
    first = next(discriminator.parameters(), torch.zeros(()))
    sound = torch.from_numpy(waveform).to(first)[None]
    found: NDArray[np.float64] = discriminator.embed_audio(sound)[0].double().cpu().numpy()
    return found
