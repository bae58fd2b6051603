"""What the generator shows: a photo with the head fitted to it, at any size."""

from __future__ import annotations

import functools

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.mesh.animate import AnimatedPhoto
from styletalker.plugins.mesh.fit import fit_head
from styletalker.plugins.mesh.fitted import FittedHead

__all__ = ["Portrait", "built_in_portrait"]

_BUILT_IN_SIDE = 512


@attrs.frozen(kw_only=True, eq=False)
class Portrait:
    """A square photo and its fitted head, at the size they came in."""

    photo: NDArray[np.uint8]
    """[S, S, 3] sRGB."""
    head: FittedHead
    """Fitted to the photo."""
    _animated: dict[int, AnimatedPhoto] = attrs.field(factory=dict, init=False, repr=False)

    def at(self, side: int) -> AnimatedPhoto:
        """The portrait ready to be animated at *side* pixels; prepared at the first use."""
        if side not in self._animated:
            self._animated[side] = AnimatedPhoto(self._head(side), self._photo(side))
        return self._animated[side]

    def _head(self, side: int) -> FittedHead:
        return self.head if side == self.head.width else self.head.resized(side)

    def _photo(self, side: int) -> NDArray[np.uint8]:
        if side == len(self.photo):
            return self.photo
        how = cv2.INTER_AREA if side < len(self.photo) else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(self.photo, (side, side), interpolation=how), np.uint8)


@functools.lru_cache(1)
def built_in_portrait() -> Portrait:
    """The puppet of average identity: what a generator without a portrait shows."""
    from styletalker.plugins.puppet.head import Head
    from styletalker.plugins.puppet.identity import Identity
    from styletalker.plugins.puppet.parameters import neutral

    frame = Head(Identity()).render(neutral(1)[0], _BUILT_IN_SIDE)
    landmarks = frame.landmarks.astype(np.float64) - 0.5
    return Portrait(photo=frame.image, head=fit_head(landmarks, frame.image))
