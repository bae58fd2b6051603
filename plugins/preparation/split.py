"""Which split each group of clips goes to: whole groups, near the wanted shares."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

__all__ = ["SPLITS", "split_groups"]

SPLITS = ("train", "val", "test")


def split_groups(
    seconds: Mapping[str, float], *, val_share: float, test_share: float
) -> dict[str, str]:
    """The split of each group, whose names are given with their lengths.

    Groups come in the order of their names' checksums, and each goes where most is lacking. With
    three groups and more, no split with a share stays empty; a single one is for training.

    Args:
        seconds: group -> seconds of its clips.
        val_share: part of the total for ``val``.
        test_share: part of the total for ``test``.
    """
    total = sum(seconds.values())
    shares = dict(zip(SPLITS, (1 - val_share - test_share, val_share, test_share), strict=True))
    lacking = {split: share * total for split, share in shares.items()}
    order = sorted(seconds, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    chosen: dict[str, str] = {}
    for name in order:
        best = max(SPLITS, key=lambda split: (lacking[split], -SPLITS.index(split)))
        chosen[name] = best
        lacking[best] -= seconds[name]
    wanted = [split for split in SPLITS if shares[split] > 0]
    for split in wanted if len(order) >= len(wanted) else ():
        _fill(chosen, split, seconds)
    if len(order) == 1:
        chosen[order[0]] = SPLITS[0]
    return chosen


def _fill(chosen: dict[str, str], split: str, seconds: Mapping[str, float]) -> None:
    """Give an empty split the smallest group of a split that has several."""
    if split in chosen.values():
        return
    counts = {one: list(chosen.values()).count(one) for one in SPLITS}
    spare = [name for name, one in chosen.items() if counts[one] > 1]
    if spare:
        chosen[min(spare, key=lambda name: (seconds[name], name))] = split
