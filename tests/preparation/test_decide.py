"""What is decided from records alone: copies, people, splits."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.preparation.config import PrepareConfig
from styletalker.plugins.preparation.decide import Decision, decide
from styletalker.plugins.preparation.duplicates import Prints, matches_of
from styletalker.plugins.preparation.fingerprint import pack_prints, picture_print, sound_print
from styletalker.plugins.preparation.making import quality_of
from styletalker.plugins.preparation.people import people_of
from styletalker.plugins.preparation.records import ClipRecord, Record
from styletalker.plugins.preparation.split import split_groups

RATE = 16000


def babble(seconds: float, seed: int) -> NDArray[np.float32]:
    """Noise whose spectrum and loudness change ten times a second, as speech does."""
    rng = np.random.default_rng(seed)
    pieces = []
    for _ in range(round(seconds * 10)):
        taps = rng.standard_normal(24) * rng.uniform(0.02, 0.3)
        pieces.append(np.convolve(rng.standard_normal(RATE // 10), taps, "same"))
    joined: NDArray[np.float32] = (np.concatenate(pieces) * 0.2).astype(np.float32)
    return joined


def faces(frames: int, seed: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    picture = np.kron(rng.uniform(0, 255, (8, 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    return np.repeat(picture[None], frames, 0)


def prints(source: str, waveform: NDArray[np.float32], pictures: NDArray[np.uint8]) -> Prints:
    sound = pack_prints(sound_print(waveform))
    return Prints.of(source, sound, pack_prints(picture_print(pictures)))


def spoiled(waveform: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Through a codec, so to say: quieter, noisier, duller."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(len(waveform)) * 0.05 * waveform.std()
    dull = np.convolve(waveform, [0.25, 0.5, 0.25], "same")
    through: NDArray[np.float32] = (0.5 * dull + noise).astype(np.float32)
    return through


def test_a_spoiled_cut_of_a_recording_is_found() -> None:
    whole, other = babble(6.0, 1), babble(6.0, 2)
    late = round(1.234 * RATE)
    cut = spoiled(whole[late : late + 4 * RATE], 3)
    clips = [
        prints("a", whole, faces(150, 1)),
        prints("b", other, faces(150, 1)),
        prints("c", cut, faces(100, 1)),
    ]
    (match,) = matches_of(clips)
    assert (match.first, match.second, match.seen) == (0, 2, True)
    assert match.shared > 0.95


def test_the_same_sound_under_another_picture_is_no_copy() -> None:
    sound = babble(4.0, 1)
    (match,) = matches_of([prints("a", sound, faces(100, 1)), prints("b", sound, faces(100, 2))])
    assert not match.seen


def test_clips_of_one_input_are_not_compared() -> None:
    sound = babble(3.0, 1)
    assert matches_of([prints("a", sound, faces(75, 1)), prints("a", sound, faces(75, 1))]) == []
    assert matches_of([]) == []


def test_silence_is_no_copy_of_silence() -> None:
    quiet = np.zeros(3 * RATE, np.float32)
    assert matches_of([prints("a", quiet, faces(75, 1)), prints("b", quiet, faces(75, 1))]) == []


def people(count: int, faces_each: int, noise: float, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((count, 32))
    vectors = centres.repeat(faces_each, 0) + noise * rng.standard_normal((count * faces_each, 32))
    return np.asarray(vectors)


def test_faces_become_people() -> None:
    vectors = people(30, 6, 0.15, 0)
    order = np.random.default_rng(1).permutation(len(vectors))
    numbers = people_of(list(vectors[order]), [1.0] * len(order), 0.8)
    found = np.array(numbers, int)
    truth = np.repeat(np.arange(30), 6)[order]
    same = truth[:, None] == truth[None]
    assert np.array_equal(same, found[:, None] == found[None])
    assert found[0] == 0
    assert list(dict.fromkeys(found)) == list(range(30))


def test_groups_of_one_person_that_began_apart_are_joined() -> None:
    middle = np.array([1.0, 0.0])
    sides = [np.array([np.cos(a), np.sin(a)]) for a in (0.5, -0.5)]
    found = people_of([sides[0], sides[1], middle, middle, middle], [1, 1, 1, 1, 1], 0.8)
    assert found == [0, 0, 0, 0, 0]


def test_splits_have_their_shares_and_none_is_empty() -> None:
    seconds = {f"g{k}": 10.0 for k in range(100)}
    chosen = split_groups(seconds, val_share=0.1, test_share=0.2)
    counts = {split: list(chosen.values()).count(split) for split in ("train", "val", "test")}
    assert counts == {"train": 70, "val": 10, "test": 20}
    three = split_groups({"a": 100.0, "b": 5.0, "c": 1.0}, val_share=0.05, test_share=0.05)
    assert sorted(three.values()) == ["test", "train", "val"]
    assert split_groups({"a": 3.0}, val_share=0.5, test_share=0.5) == {"a": "train"}
    assert set(split_groups(seconds, val_share=0.0, test_share=0.0).values()) == {"train"}
    assert split_groups({}, val_share=0.1, test_share=0.1) == {}


def clip(index: int, seed: int, person: int, **changes: Any) -> ClipRecord:
    pictures = faces(75, seed)
    vector = np.eye(8)[person] + 0.01
    made = ClipRecord(
        index=index,
        start=75 * index,
        frames=75,
        track="0-0-0",
        offset_frames=0,
        confidence=9.0,
        quality=100.0,
        embedding=tuple(vector.tolist()),
        sound_print=pack_prints(sound_print(babble(3.0, seed))),
        picture_print=pack_prints(picture_print(pictures)),
        facts={},
        members={},
    )
    return attrs.evolve(made, **changes)


def decided(records: dict[str, list[ClipRecord]], **options: Any) -> Decision:
    inputs = [
        (name, f"key{name}".ljust(12, "0"), Record(digest=name, clips=tuple(clips)))
        for name, clips in sorted(records.items())
    ]
    return decide(inputs, PrepareConfig(**options))


def test_of_two_copies_the_larger_face_stays_and_both_are_in_one_split() -> None:
    small, large = clip(0, 7, 0), clip(0, 7, 0, quality=200.0)
    found = decided({"a": [small], "b": [large]})
    assert [one.split for one in found.clips] == ["", "train"]
    assert found.clips[0].copy_of == found.clips[1].name
    kept = decided({"a": [small], "b": [large]}, duplicates="keep")
    assert [one.split for one in kept.clips] == ["train", "train"]


def test_copies_that_differ_by_noise_are_of_one_quality() -> None:
    """Then the longer one stays."""
    assert quality_of({"face_px": 286.3, "sharpness": 0.543}) == quality_of(
        {"face_px": 287.2, "sharpness": 0.545}
    )
    sharper = quality_of({"face_px": 286.3, "sharpness": 0.7})
    assert quality_of({"face_px": 400.0, "sharpness": 0.3}) > sharper
    assert sharper > quality_of({"face_px": 286.3, "sharpness": 0.543})
    short, long = clip(0, 7, 0, frames=70), clip(0, 7, 0)
    found = decided({"a": [short], "b": [long]})
    assert [one.split for one in found.clips] == ["", "train"]


def test_people_who_share_a_sound_share_a_split() -> None:
    voice = clip(0, 7, 0).sound_print
    records = {str(k): [clip(0, 20 + k, k)] for k in range(6)}
    for k in (1, 4):
        records[str(k)] = [clip(0, 20 + k, k, sound_print=voice)]
    for seed in range(3):
        shares = {"val_share": 0.2 + 0.1 * seed, "test_share": 0.2}
        where = {one.source: one.split for one in decided(records, **shares).clips}
        assert where["1"] == where["4"] != ""


def test_a_list_and_folders_say_who_is_who() -> None:
    records = {"x/1.mp4": [clip(0, 1, 0)], "y/2.mp4": [clip(0, 2, 0, identity="id7")]}
    faces_only = decided(records)
    assert [one.identity for one in faces_only.clips] == ["person-00000", "id7"]
    folders = decided(records, identities="folders")
    assert [one.identity for one in folders.clips] == ["x", "id7"]
    files = decided(records, identities="files")
    assert [one.identity for one in files.clips] == ["1", "id7"]


def test_the_same_records_give_the_same_decision() -> None:
    records = {f"{k}.mp4": [clip(0, k, k % 3), clip(1, k + 50, k % 3)] for k in range(6)}
    first, second = decided(records), decided(records)
    assert first.checksum == second.checksum
    assert first.checksum != decided(records, val_share=0.0, test_share=0.0).checksum
    for split in first.splits:
        kept = first.kept(split)
        runs = [
            kept[0].key,
            *(b.key for a, b in itertools.pairwise(kept) if a.key != b.key),
        ]
        assert len(runs) == len(set(runs)), "the clips of an input stand together"
