"""A corpus of noise, quick to make and different for every clip."""

from __future__ import annotations

import os

import numpy as np
from styletalker.core.clip import Clip, Phoneme
from styletalker.core.errors import InputError
from styletalker.core.interfaces.corpus import Corpus
from styletalker.core.media.sound import quantise

__all__ = ["Noise"]


class Noise(Corpus):
    """Clips of noise, the same for the same name."""

    resolution, fps, sample_rate, splits = 32, 25, 16000, ("train", "test")

    def count(self, split: str) -> int:
        if split not in self.splits:
            raise InputError(f"no such split: {split}")
        return {"train": 5, "test": 2}[split]

    def clip(self, split: str, index: int) -> Clip:
        if self.config == "dies":
            os._exit(1)
        rng = np.random.default_rng([len(split), index])
        return Clip(
            name=f"{split}-{index}",
            identity=f"{split}{index}",
            frames=rng.integers(0, 256, (4, 32, 32, 3), dtype=np.uint8),
            waveform=quantise(rng.uniform(-1, 1, 4 * 640).astype(np.float32)),
            text="hello",
            phonemes=(Phoneme("h", 0.0, 0.05), Phoneme("e", 0.05, 0.16)),
            landmarks=rng.uniform(0, 32, (4, 68, 2)).astype(np.float32),
            visible=rng.random((4, 68)) < 0.5,
            parameters=rng.random((4, 3)).astype(np.float32),
            parameter_names=("a", "b", "c"),
            facts={"voice": "x"},
        )
