"""The audio encoder ``mel``: from log-mel columns to one feature vector per video frame."""

from __future__ import annotations

from typing import Any

import attrs
import torch
from styletalker.core.checks import check_frame_count, check_shape
from styletalker.core.interfaces.audio_encoder import AudioEncoder, AudioFeatures
from styletalker.plugins.common.log_mel import (
    COLUMNS_PER_FRAME,
    FPS,
    HOP,
    SAMPLE_RATE,
    WINDOW,
    compress,
    mel_power,
)
from styletalker.plugins.mel.blocks import LookAheadBlock
from styletalker.plugins.mel.config import MelConfig
from styletalker.plugins.mel.level import Level, running_level
from torch import Tensor, nn

__all__ = ["MelEncoder"]

_FRAME = SAMPLE_RATE // FPS
"""Samples per video frame."""
_BEFORE = WINDOW - HOP
"""Samples of past in the first column: columns end where their hop ends, so that those of a
frame hear nothing beyond it."""


@attrs.frozen(kw_only=True, eq=False)
class _State:
    """What a stream remembers: of constant size, however long it runs."""

    samples: Tensor
    """The last samples [B, 240 ... 879]: past of the next column, and an incomplete frame."""
    heard: int
    """Samples heard so far."""
    level: Level
    kept: tuple[Tensor, ...]
    """Frames each block still needs."""
    hidden: Tensor
    """Recurrent state [1, B, channels]."""


class MelEncoder(AudioEncoder):
    """Log-mel columns relative to the running loudness, convolutions, a causal GRU.

    The look-ahead is spread over the convolution blocks; everything else is causal. A whole
    recording is a stream of one piece: there is no second path that could differ.
    """

    config: MelConfig
    sample_rate = SAMPLE_RATE
    fps = FPS

    def __init__(self, config: MelConfig) -> None:
        super().__init__(config)
        ahead = _spread(config.look_ahead_frames, config.layers)
        self.to_frames = nn.Linear(COLUMNS_PER_FRAME * config.bands, config.channels)
        self.blocks = nn.ModuleList(LookAheadBlock(config.channels, one) for one in ahead)
        self.recurrence = nn.GRU(config.channels, config.channels, batch_first=True)
        self.to_audio = nn.Linear(config.channels, config.audio_dim)

    @property
    def audio_dim(self) -> int:
        """Features A per frame."""
        return self.config.audio_dim

    @property
    def look_ahead_frames(self) -> int:
        """Frames of future in a feature."""
        return self.config.look_ahead_frames

    def forward(self, waveform: Tensor) -> Tensor:
        """Features [B, T, A] of a whole recording [B, S]."""
        sizes = check_shape("waveform", waveform, "B S")
        check_frame_count(sizes["S"], SAMPLE_RATE, FPS)
        return self.stream(waveform, final=True).audio

    def stream(self, waveform: Tensor, state: Any = None, *, final: bool = False) -> AudioFeatures:
        """Features of the next piece [B, S]; after the final one the state is None."""
        sizes = check_shape("waveform", waveform, "B S")
        past: _State = state if state is not None else self._start(waveform)
        check_shape("waveform", waveform, "B S", B=len(past.samples))
        heard = past.heard + sizes["S"]
        samples = torch.cat([past.samples, waveform.float()], 1)
        if final:
            if heard:
                check_frame_count(heard, SAMPLE_RATE, FPS)
            silence = self.look_ahead_frames * _FRAME
            samples = torch.cat([samples, samples.new_zeros(sizes["B"], silence)], 1)
        frames = (samples.shape[1] - _BEFORE) // _FRAME
        columns, level = self._columns(samples, frames, past.level)
        audio, kept, hidden = self._network(columns, past.kept, past.hidden)
        if final:
            return AudioFeatures(audio=audio, state=None)
        rest = samples[:, frames * _FRAME :].clone()  # a view would keep the whole piece alive
        after = _State(samples=rest, heard=heard, level=level, kept=kept, hidden=hidden)
        return AudioFeatures(audio=audio, state=after)

    def _start(self, waveform: Tensor) -> _State:
        batch, weight = len(waveform), self.to_audio.weight
        return _State(
            samples=weight.new_zeros(batch, _BEFORE, dtype=torch.float32),
            heard=0,
            level=Level.nothing(batch, weight.device),
            kept=tuple(block.start(batch, weight) for block in self._blocks),
            hidden=weight.new_zeros(1, batch, self.config.channels),
        )

    @property
    def _blocks(self) -> list[LookAheadBlock]:
        return [block for block in self.blocks if isinstance(block, LookAheadBlock)]

    def _columns(self, samples: Tensor, frames: int, level: Level) -> tuple[Tensor, Level]:
        """The columns of each frame side by side, [B, T, 4 * bands], without loudness."""
        power = mel_power(samples[:, : _BEFORE + frames * _FRAME], self.config.bands)
        power = power.reshape(
            len(power), frames, COLUMNS_PER_FRAME, self.config.bands
        )  # [B, T, 4, bands]
        loudness, level = running_level(power.mean((2, 3)), level, self.config.level_memory_s)
        return compress(power, loudness[:, :, None, None]).flatten(2), level

    def _network(
        self, columns: Tensor, kept: tuple[Tensor, ...], hidden: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...], Tensor]:
        frames, remaining = self.to_frames(columns.to(self.to_audio.weight.dtype)), []
        for block, before in zip(self._blocks, kept, strict=True):
            frames, after = block(frames, before)
            remaining.append(after)
        if frames.shape[1]:
            recurrent, hidden = self.recurrence(frames, hidden)
            frames = frames + recurrent
        audio: Tensor = self.to_audio(frames)
        return audio.to(self.to_audio.weight.dtype), tuple(remaining), hidden


def _spread(total: int, parts: int) -> list[int]:
    """*total* as a sum of *parts* almost equal whole numbers."""
    return [total // parts + (i < total % parts) for i in range(parts)]
