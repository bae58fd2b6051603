"""Options of the face analyser ``dlib``."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within

__all__ = ["DlibConfig"]


@attrs.frozen(kw_only=True)
class DlibConfig:
    """Options of :class:`styletalker.plugins.dlib_face.analyser.Dlib`."""

    min_side: int = attrs.field(default=256, validator=within(1, 4096))
    """Images whose shorter side is less are enlarged to it first, in pixels, 1 to 4096: the
    detector sees no face under 80 px, and the landmarks it gives are whole pixels."""
    upsample: int = attrs.field(default=0, validator=within(0, 4))
    """How often the detector doubles the image at the first try, 0 to 4; each costs four times
    the time and halves the smallest face."""
    upsample_on_miss: int = attrs.field(default=1, validator=within(0, 4))
    """Further doublings, one after the other, while no face is found, 0 to 4."""
    threshold: float = attrs.field(default=0.0, validator=within(-1.0, 2.0))
    """Lowest score of the detector that counts as a face, -1 to 2; lower finds more, and more
    that is none."""
    boxes: int = attrs.field(default=1, validator=within(1, 33))
    """Boxes in which landmarks are placed, 1 to 33: the detector's and others shifted by a few
    percent; the mean wavers less. Each takes about 2 ms."""
