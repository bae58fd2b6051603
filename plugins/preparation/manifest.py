"""The manifest: what became of every input, and of every stretch of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from styletalker.core.engine import Place
from styletalker.plugins.preparation.decide import Decision, Placed
from styletalker.plugins.preparation.excerpts import FPS
from styletalker.plugins.preparation.reasons import FAILURES
from styletalker.plugins.preparation.records import FORMAT, Record

__all__ = ["FATES", "MANIFEST_FILE", "Fate", "entries_of", "manifest_of", "write_tables"]

MANIFEST_FILE = "manifest.json"
FATES = ("kept", "duplicate", "rejected", "failed")
"""Of inputs: something is kept; it is a copy; nothing is kept; it could not be tried."""
_INPUTS = (
    "name",
    "fate",
    "reason",
    "detail",
    "seconds",
    "kept_s",
    "clips",
    "offset_frames",
    "identities",
    "splits",
    "width",
    "height",
    "fps",
    "sample_rate",
    "digest",
)
_STRETCHES = (
    "name",
    "start_s",
    "stop_s",
    "fate",
    "reason",
    "detail",
    "clip",
    "identity",
    "split",
    "offset_frames",
)

Fate = tuple[str, str, str, Record | None]
"""Of an input: name, reason and detail if it failed or was never opened, and its record."""


def entries_of(fates: Iterable[Fate], decision: Decision) -> list[dict[str, Any]]:
    """One entry for each input, with its stretches in order of time."""
    own: dict[str, list[Placed]] = {}
    for one in decision.clips:
        own.setdefault(one.source, []).append(one)
    return [
        _entry(name, reason, detail, record, own.get(name, []), decision.same_files.get(name))
        for name, reason, detail, record in fates
    ]


def _entry(
    name: str,
    reason: str,
    detail: str,
    record: Record | None,
    clips: Sequence[Placed],
    same_as: str | None,
) -> dict[str, Any]:
    kept = [one for one in clips if one.split]
    fate = "kept" if kept else "rejected"
    if record is None:
        record = Record(digest="")
        fate = "failed" if reason in FAILURES else "rejected"
    elif same_as is not None:
        fate, reason, detail = "duplicate", "duplicate-file", f"of {same_as}"
    elif clips and not kept:
        fate, reason, detail = "duplicate", "duplicates-only", f"of {clips[0].copy_of}"
    elif not kept:
        reason, detail = record.reason, record.detail
    stretches = [] if same_as is not None else _stretches(record, clips)
    facts = {key: record.facts.get(key) for key in ("width", "height", "fps", "sample_rate")}
    return {
        "name": name,
        "fate": fate,
        "reason": reason,
        "detail": detail,
        "seconds": record.seconds,
        "kept_s": round(sum(one.clip.seconds for one in kept), 2),
        "clips": len(kept),
        "offset_frames": sorted({one.clip.offset_frames for one in kept}),
        "identities": sorted({one.identity for one in kept}),
        "splits": sorted({one.split for one in kept}),
        **facts,
        "digest": record.digest,
        "stretches": stretches,
    }


def _stretches(record: Record, clips: Sequence[Placed]) -> list[dict[str, Any]]:
    rows = [
        {
            "start_s": one.clip.start / FPS,
            "stop_s": (one.clip.start + one.clip.frames) / FPS,
            "fate": "kept" if one.split else "duplicate",
            "reason": "" if one.split else "duplicate",
            "detail": "" if one.split else f"of {one.copy_of}",
            "clip": one.name,
            "identity": one.identity,
            "split": one.split,
            "offset_frames": one.clip.offset_frames,
        }
        for one in clips
    ]
    rows += [
        {
            "start_s": one.start_s,
            "stop_s": one.stop_s,
            "fate": "rejected",
            "reason": one.reason,
            "detail": one.detail,
            "clip": "",
            "identity": "",
            "split": "",
            "offset_frames": "",
        }
        for one in record.stretches
    ]
    return sorted(rows, key=lambda row: (row["start_s"], row["stop_s"], row["clip"]))


def manifest_of(
    entries: Sequence[Mapping[str, Any]], claim: Mapping[str, Any], decision: Decision
) -> dict[str, Any]:
    """The manifest as JSON holds it: totals, options, inputs."""
    return {
        "format": FORMAT,
        "totals": totals_of(entries, decision),
        "preparation": dict(claim),
        "decision": decision.checksum,
        "inputs": list(entries),
    }


def totals_of(entries: Sequence[Mapping[str, Any]], decision: Decision) -> dict[str, Any]:
    """Counts and seconds over all inputs."""
    inputs = {fate: sum(one["fate"] == fate for one in entries) for fate in FATES}
    reasons: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry["reason"] and entry["reason"] != "no-clip":
            _count(reasons, entry["reason"], "inputs", 1)
            if not entry["stretches"]:
                _count(reasons, entry["reason"], "seconds", entry["seconds"])
        for row in entry["stretches"]:
            if row["reason"]:
                _count(reasons, row["reason"], "stretches", 1)
                _count(reasons, row["reason"], "seconds", row["stop_s"] - row["start_s"])
    kept = [one for one in decision.clips if one.split]
    splits = {
        split: {
            "clips": len(own := decision.kept(split)),
            "seconds": round(sum(one.clip.seconds for one in own), 2),
            "identities": len({one.identity for one in own}),
        }
        for split in decision.splits
    }
    return {
        "inputs": inputs,
        "seconds": round(sum(one["seconds"] for one in entries), 2),
        "kept_s": round(sum(one.clip.seconds for one in kept), 2),
        "clips": len(kept),
        "identities": len({one.identity for one in kept}),
        "splits": splits,
        "reasons": dict(sorted(reasons.items())),
    }


def _count(reasons: dict[str, dict[str, Any]], slug: str, what: str, more: float) -> None:
    row = reasons.setdefault(slug, {"inputs": 0, "stretches": 0, "seconds": 0.0})
    row[what] = round(row[what] + more, 2)


def write_tables(place: Place, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write ``manifest.csv``, a row for each input, and ``stretches.csv``.

    Raises:
        RunError: they cannot be written.
    """
    stretches = [{"name": one["name"], **row} for one in entries for row in one["stretches"]]
    place.write_text("stretches.csv", _table(_STRETCHES, stretches))
    place.write_text("manifest.csv", _table(_INPUTS, entries))


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])
    return stream.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(str(one) for one in value)
    return "" if value is None else value
