"""What a generator keeps of a portrait: its pixels, and maps of features at three sizes."""

from __future__ import annotations

import attrs
from torch import Tensor

__all__ = ["FEATURE_STRIDES", "Portrait"]

FEATURE_STRIDES = (2, 4, 16)
"""Pixels of the image per pixel of the fine, the middle and the coarse map."""


@attrs.frozen(kw_only=True, eq=False)
class Portrait:
    """B portraits, as the generator needs them."""

    image: Tensor
    """[B, 3, H, W] in [-1, 1]."""
    fine: Tensor
    """[B, F, H / 2, W / 2]."""
    middle: Tensor
    """[B, M, H / 4, W / 4]."""
    coarse: Tensor
    """[B, C, H / 16, W / 16]."""

    def __len__(self) -> int:
        """B."""
        return len(self.image)

    def repeated(self, times: int) -> Portrait:
        """Each portrait *times* times in a row: one per frame of its video."""
        if times == 1:
            return self
        return Portrait(
            **{
                field.name: getattr(self, field.name).repeat_interleave(times, 0)
                for field in attrs.fields(Portrait)
            }
        )
