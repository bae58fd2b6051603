"""The page of a preparation: what was kept, how good it is, what was lost and why. Offline."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Any

import attrs
from styletalker.core.engine import Place
from styletalker.plugins.preparation.decide import Decision, Placed
from styletalker.plugins.preparation.excerpts import FPS
from styletalker.plugins.preparation.histogram import bars, histogram
from styletalker.plugins.preparation.part import record_name
from styletalker.plugins.preparation.reasons import explain
from styletalker.plugins.preparation.records import Record

__all__ = ["PAGE_FILE", "length_text", "many_text", "write_page"]

PAGE_FILE = "index.html"
_MOST_PICTURES = 400
"""Of the contact sheet: about two megabytes."""
_MOST_ROWS = 300
_FILES = (
    'Files: <a href="manifest.csv">manifest.csv</a> (a row for each input), '
    '<a href="stretches.csv">stretches.csv</a> (a row for each clip and each rejected stretch), '
    '<a href="manifest.json">manifest.json</a> (both, with the options).'
)


@attrs.frozen
class _Measure:
    """A figure's title, and its value for a clip; None where it is not known."""

    title: str
    value: Callable[[Placed], Any]
    whole: bool = False


def _fact(*path: str) -> Callable[[Placed], Any]:
    def value(one: Placed) -> Any:
        found: Any = one.clip.facts
        for part in path:
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    return value


_MEASURES = (
    _Measure("length of the clips [s]", lambda one: one.clip.seconds),
    _Measure("width of the face in the input [px]", _fact("face_px")),
    _Measure("sharpness", _fact("sharpness")),
    _Measure("yaw of the head [degrees]", _fact("yaw_deg")),
    _Measure("sound late by [frames]", lambda one: one.clip.offset_frames, whole=True),
    _Measure("confidence of that offset", lambda one: one.clip.confidence),
)


def write_page(place: Place, manifest: Mapping[str, Any], decision: Decision) -> None:
    """Write ``index.html``; the pictures of its contact sheet come from the records.

    Raises:
        RunError: it cannot be written.
    """
    kept = [one for one in decision.clips if one.split]
    step = max(1, -(-len(kept) // _MOST_PICTURES))
    shown = kept[::step]
    pictures = _pictures(place, shown)
    totals = manifest["totals"]
    body = [
        "<h1>A corpus from raw videos</h1>",
        f'<p class="soft">{_FILES}</p>',
        _numbers(totals),
        _splits(totals["splits"]),
        "<h2>What is kept</h2>" if kept else "<p>Nothing was good enough to be kept.</p>",
        f'<div class="plots">{"".join(_figures(kept))}</div>',
        "<h2>What is not kept</h2>",
        _lost(totals["reasons"]),
        *_sheet(shown, len(kept), pictures),
        "<h2>Inputs</h2>",
        _inputs(manifest["inputs"]),
    ]
    style = _style()
    text = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>A corpus from raw videos</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
    )
    place.write_text(PAGE_FILE, text + "\n".join(body) + "\n</body>\n</html>\n")


def _style() -> str:
    report = resources.files("styletalker.evaluation.report").joinpath("page.css")
    own = resources.files("styletalker.plugins.preparation").joinpath("page.css")
    return report.read_text(encoding="utf-8") + own.read_text(encoding="utf-8")


def _pictures(place: Place, shown: Sequence[Placed]) -> dict[str, str]:
    """Name of a clip -> its picture, base64; each record is read once more, one at a time."""
    wanted: dict[str, list[Placed]] = {}
    for one in shown:
        wanted.setdefault(one.key, []).append(one)
    found = {}
    for key, own in wanted.items():
        name = record_name(key)
        clips = Record.read(place.read_json(name), place.describe(name)).clips
        found.update({one.name: clips[one.clip.index].picture for one in own})
    return found


def _numbers(totals: Mapping[str, Any]) -> str:
    inputs = totals["inputs"]
    share = totals["kept_s"] / totals["seconds"] if totals["seconds"] else 0.0
    numbers = [
        (f"{totals['clips']}", "clips"),
        (length_text(totals["kept_s"]), f"kept, {share:.0%} of {length_text(totals['seconds'])}"),
        (f"{totals['identities']}", "people"),
        *((str(inputs[fate]), f"inputs {fate}") for fate in inputs),
    ]
    items = "".join(f"<li><b>{value}</b>{html.escape(name)}</li>" for value, name in numbers)
    return f'<ul class="numbers">{items}</ul>'


def _splits(splits: Mapping[str, Any]) -> str:
    if not splits:
        return ""
    rows = [
        (name, str(one["clips"]), length_text(one["seconds"]), str(one["identities"]))
        for name, one in splits.items()
    ]
    return _table(("split", "clips", "length", "people"), rows)


def _figures(kept: Sequence[Placed]) -> list[str]:
    figures = []
    for measure in _MEASURES:
        values = [measure.value(one) for one in kept]
        known = [float(value) for value in values if value is not None]
        figures.append(histogram(known, title=measure.title, whole=measure.whole))
    return figures


def _lost(reasons: Mapping[str, Any]) -> str:
    if not reasons:
        return "<p>Everything is kept.</p>"
    order = sorted(reasons.items(), key=lambda item: (-item[1]["seconds"], item[0]))
    figure = bars(
        [(slug, one["seconds"], _count(one)) for slug, one in order],
        title="rejected, by reason [seconds of input]",
    )
    rows = [(slug, _count(one), explain(slug).meaning, explain(slug).remedy) for slug, one in order]
    table = _table(("reason", "how much", "meaning", "what to do"), rows, wrap=True)
    return f'<div class="plots">{figure}</div>{table}'


def _count(one: Mapping[str, Any]) -> str:
    inputs = many_text(one["inputs"], "input") if one["inputs"] else ""
    stretches = many_text(one["stretches"], "stretch", "stretches") if one["stretches"] else ""
    length = length_text(one["seconds"]) if one["seconds"] else ""
    return ", ".join(part for part in (length, stretches, inputs) if part)


def _sheet(shown: Sequence[Placed], total: int, pictures: Mapping[str, str]) -> list[str]:
    if not shown:
        return []
    note = "" if len(shown) == total else f" of {total}, evenly chosen"
    figures = "".join(_picture(one, pictures[one.name]) for one in shown)
    return [
        "<h2>Contact sheet</h2>",
        f'<p class="soft">Middle frames of the clips: {len(shown)}{note}.</p>',
        f'<div class="sheet">{figures}</div>',
    ]


def _picture(one: Placed, picture: str) -> str:
    start = one.clip.start / FPS
    tip = html.escape(f"{one.name}: {one.source} from {start:.2f} s, {one.identity}, {one.split}")
    moved = f", sound {one.clip.offset_frames:+d}" if one.clip.offset_frames else ""
    caption = html.escape(f"{one.source} at {start:.0f} s, {one.clip.seconds:.1f} s{moved}")
    return (
        f'<figure title="{tip}"><img alt="{tip}" loading="lazy" '
        f'src="data:image/jpeg;base64,{picture}"><figcaption>{caption}</figcaption></figure>'
    )


def _inputs(entries: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            str(one["name"]),
            str(one["fate"]),
            str(one["reason"]),
            str(one["detail"]),
            length_text(one["seconds"]),
            length_text(one["kept_s"]),
            str(one["clips"]),
        )
        for one in sorted(entries, key=lambda one: (one["fate"] == "kept", one["name"]))
    ]
    heads = ("input", "fate", "reason", "detail", "length", "kept", "clips")
    more = len(rows) - _MOST_ROWS
    after = f'<p>And {more} more: see <a href="manifest.csv">manifest.csv</a>.</p>'
    return _table(heads, rows[:_MOST_ROWS], wrap=True) + (after if more > 0 else "")


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, wrap: bool = False) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in heads)
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    kind = "scroll wrap" if wrap else "scroll"
    return (
        f'<div class="{kind}"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def many_text(count: int, one: str, several: str = "") -> str:
    """A count for people: ``1 clip``, ``2 clips``."""
    return f"{count} {one if count == 1 else several or one + 's'}"


def length_text(seconds: float) -> str:
    """A length for people: ``12.4 s``, ``3.2 min``, ``1.5 h``."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
