"""Texts: enough of them, phonetically rich in every split, and no split shares any."""

from __future__ import annotations

import re
from itertools import islice

import numpy as np
import pytest
from styletalker.core.errors import InputError
from styletalker.plugins.puppet.espeak import synthesise
from styletalker.plugins.puppet.sentences import (
    generated,
    lines,
    names,
    passage,
    sentences,
    templates,
)
from styletalker.plugins.puppet.staging import trimmed
from styletalker.plugins.puppet.visemes import PHONEME_VISEMES, VISEMES
from styletalker.plugins.puppet.voices import ACCENTS, SPLITS

CLASSES = {
    "vowels": [
        "i:",
        "I",
        "E",
        "a",
        "A:",
        "0",
        "O:",
        "U",
        "u:",
        "V",
        "3:",
        "@",
        "eI",
        "aI",
        "OI",
        "aU",
        "oU",
    ],
    "stops": ["p", "b", "t", "d", "k", "g"],
    "affricates": ["tS", "dZ"],
    "fricatives": ["f", "v", "T", "D", "s", "z", "S", "Z", "h"],
    "nasals": ["m", "n", "N"],
    "approximants": ["l", "r", "w", "j"],
}
"""The phonemes of English by class, in espeak's mnemonics of received pronunciation."""


def counted(split: str, accent: str) -> dict[str, int]:
    """How often each phoneme occurs in the sentences of *split*; fast speech saves time."""
    counts: dict[str, int] = {}
    written = sentences(split)
    for first in range(0, len(written), 30):
        text = " ".join(written[first : first + 30])
        for phoneme in synthesise(text, accent, rate_wpm=400).phonemes:
            counts[phoneme.symbol] = counts.get(phoneme.symbol, 0) + 1
    return counts


def test_there_are_over_400_distinct_sentences_of_all_lengths() -> None:
    written = [sentence for split in SPLITS for sentence in sentences(split)]
    assert len(written) == len(set(written)) >= 420
    lengths = [len(sentence.split()) for sentence in written]
    assert min(lengths) <= 3
    assert max(lengths) >= 24
    assert 8 < np.mean(lengths) < 14
    for sentence in written:
        assert re.fullmatch(r"[A-Z][A-Za-z,;:' -]+[.?!]", sentence), sentence


def test_splits_are_disjoint() -> None:
    for kind in (sentences, templates, names):
        texts = [text.lower() for split in SPLITS for text in kind(split)]
        assert len(texts) == len(set(texts))
    assert [len(sentences(split)) >= 60 for split in SPLITS] == [True] * 3


@pytest.mark.parametrize("split", SPLITS)
def test_every_phoneme_occurs_in_every_split(split: str) -> None:
    counts = counted(split, "en-gb-x-rp")
    missing = [s for symbols in CLASSES.values() for s in symbols if counts.get(s, 0) < 3]
    assert missing == []
    spoken = sum(n for symbol, n in counts.items() if symbol != "_")
    # In running English p, b and m make some 6 to 7 % of the phonemes, f and v 4 %.
    assert sum(counts[s] for s in "pbm") / spoken > 0.07
    assert sum(counts[s] for s in "fv") / spoken > 0.035


def test_every_phoneme_of_every_accent_has_a_viseme() -> None:
    rng = np.random.default_rng(0)
    numbers = " ".join(generated(rng, split) for split in SPLITS for _ in range(25))
    for accent in ACCENTS:
        symbols = {p.symbol for p in synthesise(numbers, accent, rate_wpm=400).phonemes}
        for split in SPLITS:
            symbols |= set(counted(split, accent))
        assert symbols - set(PHONEME_VISEMES) == set(), accent
    used = {name for parts in PHONEME_VISEMES.values() for name, _ in parts}
    assert used == set(VISEMES)


def test_foreign_and_odd_text_has_visemes_too() -> None:
    text = (
        "Bj\u00f6rk's na\u00efve caf\u00e9 in Z\u00fcrich, genre, Bach, jalape\u00f1o, uh-oh, "
        "hmm, NASA, $5.50 at 50% off, https://a.org/b?c=1, \u4e2d\u6587, "
        "\u0442\u0435\u043a\u0441\u0442, XIV."
    )
    for accent in ACCENTS:
        symbols = {p.symbol for p in synthesise(text, accent).phonemes}
        assert symbols - set(PHONEME_VISEMES) == set(), accent


def test_generated_sentences_fill_every_field() -> None:
    rng = np.random.default_rng(1)
    for split in SPLITS:
        texts = {generated(rng, split) for _ in range(200)}
        assert len(texts) > 180
        assert not any("{" in text or "}" in text for text in texts)
        found = " ".join(texts)
        for pattern in (r"\d?\d:\d\d", r"(March|May|June|July) \d", r"(pounds|euros) 50"):
            assert re.search(pattern, found)
        others = {name for other in SPLITS if other != split for name in names(other)}
        assert not others & set(re.findall(r"\w+", found))


def test_lines_pause_and_repeat_nothing_before_all_is_said() -> None:
    rng = np.random.default_rng(2)
    said = list(islice(lines(rng, "val"), 74))
    written = [line.text for line in said if line.text in sentences("val")]
    assert 0.08 < 1 - len(written) / len(said) < 0.4
    first_round = written[: len(sentences("val"))]
    assert len(set(first_round)) == len(first_round)
    pauses = np.array([line.pause_s for line in said])
    assert 0.2 <= pauses.min() < 0.35
    assert 0.65 < pauses.max() <= 0.9


def test_a_passage_is_long_enough_and_not_much_longer() -> None:
    for seed, (split, duration_s, rate) in enumerate(
        [("train", 2.0, 190), ("val", 10.0, 165), ("test", 25.0, 140)]
    ):
        chosen = passage(np.random.default_rng(seed), split, duration_s, rate)
        spoken_s = sum(
            trimmed(synthesise(line.text, rate_wpm=rate)).duration_s + line.pause_s
            for line in chosen
        )
        assert duration_s <= spoken_s < 2 * duration_s + 8


def test_errors() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="no such split: 'tests'; did you mean 'test'"):
        sentences("tests")
    with pytest.raises(InputError, match=r"the duration of a passage must be positive: 0\.0"):
        passage(rng, "train", 0)
    with pytest.raises(InputError, match="the speaking rate of a passage must be positive"):
        passage(rng, "train", 1, -5)
