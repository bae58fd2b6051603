"""The audio encoder ``wav2vec2``: windows of a recording through a network that hears both ways."""

from __future__ import annotations

from typing import Any

import attrs
import torch
from styletalker.core.checks import check_frame_count, check_shape
from styletalker.core.interfaces.audio_encoder import AudioEncoder, AudioFeatures
from styletalker.plugins.wav2vec2.alignment import FPS, FRAME, SAMPLE_RATE, Steps
from styletalker.plugins.wav2vec2.config import Wav2Vec2EncoderConfig
from styletalker.plugins.wav2vec2.network import SpeechNetwork
from torch import Tensor

__all__ = ["Wav2Vec2Encoder"]


@attrs.frozen(kw_only=True, eq=False)
class _State:
    """What a stream remembers: at most a window, however long it runs."""

    samples: Tensor
    """What was heard from frame ``start`` on, [B, S]."""
    start: int
    """The frame at which these begin."""
    heard: int
    """Samples heard so far."""
    done: int
    """Frames whose features were given."""


class Wav2Vec2Encoder(AudioEncoder):
    """Features of wav2vec 2.0, HuBERT or WavLM at 25 per second.

    **Windows.** The transformer attends to the past and the future without limit, so it cannot be
    run as a stream. It is run on windows instead, on a grid that begins with the recording: those
    of ``chunk_frames`` frames, with ``past_frames`` before (fewer at the start) and
    ``future_frames`` after them (silence at the end). This is what the features are, whether the
    recording comes whole or in pieces. One window for a whole clip gives what transformers gives
    for it, silence at its end included.

    **Look-ahead.** ``chunk_frames`` - 1 + ``future_frames``: the first frame of a window waits
    longest.

    **Alignment.** Steps of 20 ms are interpolated at the middles of frames; see
    :class:`~styletalker.plugins.wav2vec2.alignment.Steps`.
    """

    config: Wav2Vec2EncoderConfig
    sample_rate = SAMPLE_RATE
    fps = FPS

    def __init__(self, config: Wav2Vec2EncoderConfig) -> None:
        """With random weights: recipes name a model's folder under ``weights:``.

        Raises:
            ConfigError: the options do not go together.
        """
        super().__init__(config)
        self.network = SpeechNetwork(config)
        self._steps = Steps.of(config.conv_kernels, config.conv_strides)

    @property
    def audio_dim(self) -> int:
        """Features A per frame: the width of the transformer."""
        return self.config.width

    @property
    def look_ahead_frames(self) -> int:
        """Frames of future in the first feature of a window."""
        return self.config.chunk_frames - 1 + self.config.future_frames

    def forward(self, waveform: Tensor) -> Tensor:
        """Features [B, T, A] of a whole recording [B, S]."""
        sizes = check_shape("waveform", waveform, "B S")
        check_frame_count(sizes["S"], SAMPLE_RATE, FPS)
        return self.stream(waveform, final=True).audio

    def stream(self, waveform: Tensor, state: Any = None, *, final: bool = False) -> AudioFeatures:
        """Features of the next piece [B, S]; after the final one the state is None."""
        sizes = check_shape("waveform", waveform, "B S")
        past: _State = state if state is not None else _start(waveform)
        check_shape("waveform", waveform, "B S", B=len(past.samples))
        heard = past.heard + sizes["S"]
        samples = torch.cat([past.samples, waveform.float()], 1)
        end = None
        if final:
            end = check_frame_count(heard, SAMPLE_RATE, FPS) if heard else 0
            silence = self.config.future_frames * FRAME
            samples = torch.cat([samples, samples.new_zeros(sizes["B"], silence)], 1)
        parts, done = self._windows(samples, past.start, past.done, end)
        audio = torch.cat(parts, 1) if parts else self._nothing(sizes["B"])
        if final:
            return AudioFeatures(audio=audio, state=None)
        start = max(0, done - self.config.past_frames)
        rest = samples[:, (start - past.start) * FRAME :].clone()  # a view would keep all of it
        return AudioFeatures(
            audio=audio, state=_State(samples=rest, start=start, heard=heard, done=done)
        )

    def _windows(
        self, samples: Tensor, start: int, done: int, end: int | None
    ) -> tuple[list[Tensor], int]:
        """Features of the windows that are complete, and the frame after the last of them.

        Args:
            samples: from frame *start* on.
            start: see there.
            done: the first frame that is wanted.
            end: the frame after the recording's last, if that is known.
        """
        known = start + samples.shape[1] // FRAME
        parts: list[Tensor] = []
        while end is None or done < end:
            stop = done + self.config.chunk_frames
            if end is not None:
                stop = min(stop, end)
            if stop + self.config.future_frames > known:
                break
            begin = max(0, done - self.config.past_frames)
            until = stop + self.config.future_frames
            window = samples[:, (begin - start) * FRAME : (until - start) * FRAME]
            parts.append(self._steps.at_frames(self.network(window), done - begin, stop - done))
            done = stop
        return parts, done

    def _nothing(self, batch: int) -> Tensor:
        """Features [B, 0, A]."""
        return self.network.mix.new_zeros(batch, 0, self.audio_dim)


def _start(waveform: Tensor) -> _State:
    nothing = waveform.new_zeros(len(waveform), 0, dtype=torch.float32)
    return _State(samples=nothing, start=0, heard=0, done=0)
