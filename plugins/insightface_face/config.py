"""Options of the face analyser ``insightface``, and its public model pack."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within
from styletalker.core.public_files import PublicFile

__all__ = ["PACK", "InsightfaceConfig"]

PACK = PublicFile(
    name="buffalo_l",
    purpose="insightface's model pack",
    licence="non-commercial research only",
    source="https://github.com/deepinsight/insightface/releases/tag/v0.7 (buffalo_l.zip, unpacked)",
)
"""The pack that CSIM uses: a folder with ``det_10g.onnx``, ``w600k_r50.onnx`` and others."""


@attrs.frozen(kw_only=True)
class InsightfaceConfig:
    """Options of :class:`styletalker.plugins.insightface_face.analyser.Insightface`."""

    pack: str = ""
    """Folder of a model pack (``*.onnx``); empty for ``buffalo_l`` in the weights folder, or in
    ``~/.insightface/models``, where insightface itself puts it."""
    download: bool = False
    """Whether insightface may download ``buffalo_l`` (290 MB) if it is nowhere. Its licence forbids
    commercial use."""
    detection_side: int = attrs.field(default=640, validator=within(32, 4096))
    """Side of the square in which faces are looked for, in pixels, 32 to 4096; a multiple of 32."""
    threshold: float = attrs.field(default=0.5, validator=within(0.0, 1.0))
    """Lowest score of the detector that counts as a face, 0 to 1."""
