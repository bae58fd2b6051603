"""CSIM: identity by ArcFace, with insightface's public model pack."""

from __future__ import annotations

import importlib.util
import weakref
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.errors import CheckpointError
from styletalker.core.files import digest_of
from styletalker.evaluation.identity import similarity_to_one, similarity_to_truth
from styletalker.evaluation.metrics.base import MeanMetric, check_same_size, finite, the_reference
from styletalker.evaluation.metrics.public_config import CsimConfig
from styletalker.plugins.insightface_face.config import InsightfaceConfig
from styletalker.plugins.insightface_face.pack import RECOGNITION, find_pack

__all__ = ["Csim", "CsimTruth"]

EVERY = 12
"""Frames from one identity vector to the next, from the first: twice a second."""
_NO_FACE = "no face is found in any of the frames that are compared"


class _CsimMetric(MeanMetric, abstract=True):
    """A mean of cosines of ArcFace vectors."""

    config: CsimConfig
    unit, direction, uses_reference = "1", "higher", True

    def unavailable(self) -> str:
        """What is missing, if something is."""
        try:
            find_pack(self.config.pack)
        except CheckpointError as error:
            return str(error)
        if importlib.util.find_spec("insightface") is None:
            return "insightface is not installed. Run `pip install 'styletalker[insightface]'`."
        return ""

    def weights(self) -> Mapping[str, str]:
        """The checksum of the pack, and of its identity network if it has the usual name."""
        pack = find_pack(self.config.pack)
        network = pack / RECOGNITION
        path = network if network.is_file() else pack
        return {f"{pack.name}/{path.name}" if path != pack else pack.name: digest_of(path)}


class Csim(_CsimMetric):
    """CSIM: cosine similarity of ArcFace vectors to the portrait's, the ground truth's first frame.

    Mean over every 12th frame with a face. The network is that of insightface's ``buffalo_l``
    (``w600k_r50``) unless another pack is given: its checksum stands in the report.

    **Pitfalls.** The field has no agreement on network and pairs: never compare numbers of unknown
    ones. The pack is for non-commercial research only.
    """

    title = "CSIM"

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``value``: mean cosine similarity, -1 to 1."""
        truth = the_reference(self, reference)
        portrait = _vectors(truth, self.config.pack)[0]
        value = similarity_to_one(_vectors(generated, self.config.pack), portrait)
        return {"value": finite(value, generated, _NO_FACE)}


class CsimTruth(_CsimMetric):
    """CSIM-truth: the same, but each frame against the ground truth's frame.

    Higher than against the portrait, since pose and expression agree; it means something only where
    the motion is the ground truth's.
    """

    title = "CSIM-truth"

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``value``: mean cosine similarity, -1 to 1."""
        truth = the_reference(self, reference)
        check_same_size(generated, truth)
        ours, theirs = (_vectors(clip, self.config.pack) for clip in (generated, truth))
        return {"value": finite(similarity_to_truth(ours, theirs), generated, _NO_FACE)}


_VECTORS: weakref.WeakKeyDictionary[Clip, dict[str, NDArray[np.float64]]]
_VECTORS = weakref.WeakKeyDictionary()
"""Vectors live as long as their clips."""


def _vectors(clip: Clip, pack: str) -> NDArray[np.float64]:
    """Identity vectors [K, 512] of every 12th frame; NaN where no face is found."""
    from styletalker.plugins.insightface_face.analyser import Insightface

    known = _VECTORS.setdefault(clip, {})
    if pack not in known:
        analyser = Insightface(InsightfaceConfig(pack=pack))
        frames = clip.frames[::EVERY]
        vectors = np.full((len(frames), analyser.embedding_dim), np.nan)
        for k, frame in enumerate(frames):
            faces = analyser.analyse(frame, embed=True)
            if faces:
                vectors[k] = faces[0].embedding
        known[pack] = vectors
    return known[pack]
