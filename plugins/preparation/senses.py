"""What the work on a file sees and hears with; tests put simple ones in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

__all__ = ["Senses", "stretch_reasons"]


@attrs.frozen(kw_only=True)
class Senses:
    """The measures a preparation is made of; each an importable function."""

    candidates: Callable[..., Iterator[Any]]
    """See :func:`styletalker.plugins.preparation.analysis.stream.candidates`."""
    sound_facts: Callable[..., Any]
    """See :func:`styletalker.plugins.preparation.analysis.sound.sound_facts`."""
    sound_fault: Callable[..., tuple[str, str]]
    """See :func:`styletalker.plugins.preparation.analysis.sound.sound_fault`."""
    offset_curve: Callable[..., Any]
    """See :func:`styletalker.plugins.preparation.offset.curve.offset_curve`."""
    decide_offset: Callable[..., Any]
    """See :func:`styletalker.plugins.preparation.offset.decision.decide_offset`."""

    @classmethod
    def installed(cls) -> Senses:
        """The real ones."""
        from styletalker.plugins.preparation.analysis.sound import sound_facts, sound_fault
        from styletalker.plugins.preparation.analysis.stream import candidates
        from styletalker.plugins.preparation.offset.curve import offset_curve
        from styletalker.plugins.preparation.offset.decision import decide_offset

        return cls(
            candidates=candidates,
            sound_facts=sound_facts,
            sound_fault=sound_fault,
            offset_curve=offset_curve,
            decide_offset=decide_offset,
        )


def stretch_reasons() -> Mapping[str, str]:
    """Slug -> meaning of every reason that the measures give."""
    from styletalker.plugins.preparation.analysis.results import REASONS
    from styletalker.plugins.preparation.analysis.sound import SOUND_REASONS
    from styletalker.plugins.preparation.offset.decision import REASONS as OFFSET_REASONS

    return {**REASONS, **SOUND_REASONS, **OFFSET_REASONS}
