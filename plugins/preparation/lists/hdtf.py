"""The lists of HDTF (Zhang et al., CVPR 2021): ``HDTF_dataset`` of github.com/MRzzm/HDTF.

=============================  =====================================================
``RD_annotion_time.txt``       ``Radio11.mp4 00:30-01:00 01:30-02:30``: the excerpts
``RD_crop_wh.txt``             ``Radio11_0.mp4 341 1017 0 1017``: of excerpt 0 the left
                               edge, width, top edge and height of the face's region
``RD_resolution.txt``          ``Radio11.mp4 720``: height of the picture in which they
                               were measured
=============================  =====================================================

and the same for ``WDA`` and ``WRA``. An excerpt without a region is looked at as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from styletalker.core.errors import InputError, compose
from styletalker.plugins.preparation.inputs import Excerpt
from styletalker.plugins.preparation.lists.listing import Listing

__all__ = ["read_hdtf"]

_TIMES = "_annotion_time.txt"
_SPAN = re.compile(r"((?:\d+:)?\d+:\d+(?:\.\d+)?)-((?:\d+:)?\d+:\d+(?:\.\d+)?)")
_BOX = 4


def read_hdtf(folder: Path) -> Listing:
    """The excerpts in a folder of HDTF's text files; one of its subsets is enough.

    Raises:
        InputError: there is none, or a line cannot be understood.
    """
    excerpts: dict[str, tuple[Excerpt, ...]] = {}
    prefixes: dict[str, str] = {}
    tables = sorted(folder.glob(f"*{_TIMES}")) if folder.is_dir() else []
    for table in tables:
        subset = table.name.removesuffix(_TIMES)
        boxes = dict(_lines(folder / f"{subset}_crop_wh.txt"))
        heights = dict(_lines(folder / f"{subset}_resolution.txt"))
        for video, spans in _lines(table):
            stem = video.rpartition(".")[0] or video
            height = heights.get(video, [])
            excerpts[video] = tuple(
                _excerpt(table, video, span, boxes.get(f"{stem}_{k}.mp4", []), height)
                for k, span in enumerate(spans)
            )
            prefixes[video] = f"{subset}_"
    if not excerpts:
        expected = f"a folder with files like RD{_TIMES}"
        raise InputError(compose("holds no lists of HDTF", where=str(folder), expected=expected))
    return Listing(excerpts=excerpts, prefixes=prefixes)


def _excerpt(table: Path, video: str, span: str, box: list[str], height: list[str]) -> Excerpt:
    times = _SPAN.fullmatch(span)
    numbers = [value for value in (*box, *height) if value.isdigit()]
    if times is None or len(numbers) < len(box) + len(height) or len(box) not in (0, _BOX):
        expected = "MM:SS-MM:SS, and a region of four whole numbers"
        given = " ".join([span, *box, *height])
        raise InputError(compose(f"{video}", where=str(table), expected=expected, given=given))
    start, stop = (_seconds(text) for text in times.groups())
    if not box or not height:
        return Excerpt(start_s=start, stop_s=stop)
    left, width, top, tall = (float(value) for value in box)
    region = (left, top, left + width, top + tall)
    return Excerpt(start_s=start, stop_s=stop, box=region, height=int(height[0]))


def _seconds(text: str) -> float:
    total = 0.0
    for part in text.split(":"):
        total = 60 * total + float(part)
    return total


def _lines(path: Path) -> Iterator[tuple[str, list[str]]]:
    """(first word, other words) of each line; nothing if there is no such file."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split()
        if words:
            yield words[0], words[1:]
