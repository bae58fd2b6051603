"""Options of the corpus ``videos``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import attrs
from styletalker.core.config.options import OPERATIONAL, above, within

__all__ = ["VideosConfig"]


def _pattern(instance: object, attribute: object, value: str) -> None:  # noqa: ARG001
    try:
        groups = re.compile(value).groups
    except re.error as error:
        raise ValueError(f"must be a regular expression: {error}") from error
    if value and groups != 1:
        raise ValueError("must have exactly one group in parentheses: who it is")


@attrs.frozen(kw_only=True)
class VideosConfig:
    """Options of :class:`styletalker.plugins.videos.corpus.Videos`."""

    folder: Path
    """The folder; every video in it and below it is taken, hidden files excepted."""
    resolution: int = attrs.field(default=256, validator=within(16, 2048))
    """Height and width of the frames in pixels, 16 to 2048: the largest centred square of a video
    is resized to it."""
    seconds: float = attrs.field(default=4.0, validator=above(0.0, 600.0))
    """Longest clip, above 0 to 600: a video is cut into as few clips of about equal length as this
    allows, and nothing is left over. A clip is in memory at once."""
    least_seconds: float = attrs.field(default=1.0, validator=above(0.0, 600.0))
    """Videos that are shorter are refused, above 0 to 600."""
    identity: Literal["file", "folder", "one"] = "file"
    """Who is seen: ``file`` takes every video for another person, ``folder`` all videos of one
    folder for the same, and ``one`` all there are."""
    identity_pattern: str = attrs.field(default="", validator=_pattern)
    r"""A regular expression with one group, searched in the video's path below *folder* without
    the suffix; the group is the identity. ``^(.+)_\d+$`` takes ``anna_000`` and ``anna_001`` for
    one person. Empty for what *identity* says."""
    val_share: float = attrs.field(default=0.05, validator=within(0.0, 0.9))
    """Part of the people that are in the split ``val``, 0 to 0.9; not where folders say it."""
    test_share: float = attrs.field(default=0.05, validator=within(0.0, 0.9))
    """Part of the people that are in the split ``test``, 0 to 0.9; not where folders say it."""
    split_seed: int = attrs.field(default=0, validator=within(0, 2**32 - 1))
    """Another seed puts other people into ``val`` and ``test``."""
    unusable: Literal["refuse", "skip"] = "refuse"
    """What to do about videos that are damaged, silent films, or too short: ``refuse`` names them,
    ``skip`` leaves them out."""
    index: Path | None = attrs.field(default=None, metadata=OPERATIONAL)
    """A JSON file in which the lengths of videos are kept, so that the next start is quick; by
    default one in the user's cache folder. A video is measured again when its size or its time of
    change differ."""

    def __attrs_post_init__(self) -> None:
        """Refuse options that exclude each other."""
        if self.least_seconds > self.seconds:
            raise ValueError(
                f"least_seconds {self.least_seconds:g} must not exceed seconds {self.seconds:g}"
            )
        if self.val_share + self.test_share >= 1:
            raise ValueError("val_share and test_share must leave something to train on")
