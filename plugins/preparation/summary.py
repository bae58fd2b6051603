"""The closing words of a preparation, and its exit status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styletalker.core.errors import MediaError, RunError
from styletalker.plugins.preparation.page import length_text, many_text
from styletalker.plugins.preparation.reasons import explain

__all__ = ["exit_status", "summary_of"]

_MOST_REASONS = 5


def summary_of(totals: Mapping[str, Any]) -> list[str]:
    """A few lines for the person who waited."""
    inputs = totals["inputs"]
    count = sum(inputs.values())
    first = (
        f"{inputs['kept']} of {count} inputs give {many_text(totals['clips'], 'clip')}, "
        f"{length_text(totals['kept_s'])} of {length_text(totals['seconds'])}, "
        f"of {many_text(totals['identities'], 'person', 'people')}{_splits(totals['splits'])}."
    )
    lines = [first]
    if inputs["duplicate"]:
        lines.append(f"{many_text(inputs['duplicate'], 'input is a copy', 'inputs are copies')}.")
    if inputs["rejected"]:
        lines.append(f"{many_text(inputs['rejected'], 'input is', 'inputs are')} rejected.")
    reasons = sorted(totals["reasons"].items(), key=lambda item: (-item[1]["seconds"], item[0]))
    for slug, one in reasons[:_MOST_REASONS]:
        lines.append(f"  {slug}: {_how_much(one)}; {explain(slug).meaning}")
    if len(reasons) > _MOST_REASONS:
        lines.append(f"  and {len(reasons) - _MOST_REASONS} more reasons: see the page")
    if inputs["failed"]:
        lines.append(
            f"{many_text(inputs['failed'], 'input')} could not be tried: "
            "see above; mend it and call again to go on."
        )
    if len(totals["splits"]) == 1:
        lines.append(
            "All clips are for training: with one person, or one recording, nothing can be held "
            "out without leakage."
        )
    return lines


def exit_status(totals: Mapping[str, Any]) -> int:
    """0; that of a run that cannot be done if an input failed; that of media if nothing is kept."""
    if totals["inputs"]["failed"]:
        return RunError.exit_code
    return 0 if totals["clips"] else MediaError.exit_code


def _splits(splits: Mapping[str, Any]) -> str:
    parts = [f"{name} {one['clips']}" for name, one in splits.items()]
    return f" ({', '.join(parts)})" if parts else ""


def _how_much(one: Mapping[str, Any]) -> str:
    parts = [length_text(one["seconds"])] if one["seconds"] else []
    parts += [many_text(one["inputs"], "input")] if one["inputs"] else []
    return ", ".join(parts) or many_text(one["stretches"], "stretch", "stretches")
