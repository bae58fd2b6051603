"""The default scorer: a small network over landmarks, whose weights the toolkit brings."""

from __future__ import annotations

import functools
import importlib.resources
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.core.checkpoint import load_checkpoint, load_into
from styletalker.core.weights import read_facts
from styletalker.plugins.common.log_mel import FPS, SAMPLE_RATE
from styletalker.plugins.preparation.offset.lips import lip_measures
from styletalker.plugins.preparation.offset.network import LipMatcher, shifted_products
from styletalker.plugins.preparation.offset.sound import FRAME, heard

__all__ = ["LandmarkScorer", "landmark_scorer", "weights_path"]

_WEIGHTS = "weights/lip-matcher.safetensors"


class LandmarkScorer:
    """Scores the lips' landmarks against log-mel columns; the pictures are not looked at."""

    name = "landmarks"
    fps = FPS
    sample_rate = SAMPLE_RATE

    def __init__(self, matcher: LipMatcher) -> None:
        """Use *matcher*, a trained network."""
        self._matcher = matcher.eval()

    @classmethod
    def from_file(cls, path: Path) -> LandmarkScorer:
        """The scorer of weights that the stage ``lip_matching`` wrote.

        Raises:
            CheckpointError: the file is missing or damaged, or holds something else.
        """
        facts = read_facts(path)
        matcher = LipMatcher(**facts.get("options", {}))
        load_into(matcher, load_checkpoint(path))
        return cls(matcher)

    @torch.inference_mode()
    def products(
        self,
        landmarks: NDArray[np.floating[Any]],
        frames: NDArray[np.uint8] | None,  # noqa: ARG002 - another scorer's
        waveform: NDArray[np.float32],
        before: int,
        most: int,
    ) -> NDArray[np.float64]:
        """Evidence [T, 2 * most + 1]; see :class:`OffsetScorer`."""
        whole = waveform[: len(waveform) // FRAME * FRAME]
        measures = torch.from_numpy(lip_measures(landmarks))[None]
        columns = heard(torch.from_numpy(np.ascontiguousarray(whole))[None])
        lips, sound = self._matcher(measures, columns)
        found = shifted_products(lips, sound, before, most)[0].double().numpy()
        found[~np.isfinite(landmarks).all((1, 2))] = 0.0
        return np.asarray(found)


def weights_path() -> Path:
    """The file of the weights that are installed."""
    package = importlib.resources.files("styletalker.plugins.preparation.offset")
    return Path(str(package.joinpath(_WEIGHTS)))


@functools.lru_cache(maxsize=1)
def landmark_scorer() -> LandmarkScorer:
    """The scorer with the weights that are installed."""
    return LandmarkScorer.from_file(weights_path())
