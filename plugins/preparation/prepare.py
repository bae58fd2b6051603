"""The whole preparation: from raw videos at one place to a corpus at another.

Files are looked at in parallel, each leaving a part archive and then a record; from the records
alone it is decided what stands where; shards are written from the parts; the manifest comes last.
A kill at any moment loses only what was being written: the next call goes on, and makes the very
bytes an undisturbed one would have made.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from styletalker.core.config.options import Chosen
from styletalker.core.engine import Engine, Failure, Place
from styletalker.core.errors import (
    CheckpointError,
    ConfigError,
    InputError,
    PluginError,
    StyletalkerError,
    compose,
)
from styletalker.core.files import remove_torn
from styletalker.core.interfaces.face_analyser import FaceAnalyser
from styletalker.core.lock import FolderLock
from styletalker.core.registry import Registry
from styletalker.core.run.progress import Reporter
from styletalker.plugins.preparation.claim import Claim, claim
from styletalker.plugins.preparation.config import PrepareConfig
from styletalker.plugins.preparation.decide import Decision, decide
from styletalker.plugins.preparation.finished import Prepared, finished
from styletalker.plugins.preparation.inputs import Found, Input, find_inputs
from styletalker.plugins.preparation.lists import Listing
from styletalker.plugins.preparation.manifest import (
    MANIFEST_FILE,
    Fate,
    entries_of,
    manifest_of,
    write_tables,
)
from styletalker.plugins.preparation.page import PAGE_FILE, write_page
from styletalker.plugins.preparation.part import FOLDER, record_name
from styletalker.plugins.preparation.records import Record
from styletalker.plugins.preparation.senses import Senses
from styletalker.plugins.preparation.shards import are_whole, forget_shards, plan_of, write_shards
from styletalker.plugins.preparation.worker import Outcome, Work

__all__ = ["Prepared", "prepare"]

_LOCK = "prepare"
_MEGABYTE = 1_000_000


def prepare(
    raw: str,
    out: str | Path,
    config: PrepareConfig,
    *,
    face_analyser: Chosen | FaceAnalyser,
    registry: Registry,
    engine: Engine,
    listing: Listing | None = None,
    keep_parts: bool = False,
    reporter: Reporter | None = None,
    senses: Senses | None = None,
) -> Prepared:
    """Prepare a corpus, or go on with one.

    Args:
        raw: a file, a folder or an fsspec URL with raw videos.
        out: a folder or URL for the shards, the manifest and the page; new, or of an earlier call.
        config: what is wanted.
        face_analyser: finds faces.
        registry: for the options' names.
        engine: where the work is done.
        listing: what to take of the files; None for everything.
        keep_parts: keep the work on the inputs, so that more can be added without doing it again.
        reporter: whom to tell.
        senses: what to measure with; None for the real measures.

    Raises:
        InputError: there is nothing at *raw*, or *out* holds something else.
        RunError: something cannot be written, or another process prepares the same corpus.
    """
    reporter = reporter or Reporter()
    _check_apart(raw, out)
    source, found = find_inputs(raw)
    place = Place.at(out)
    if listing is not None:
        found, others = listing.applied(found)
    else:
        others = ()
    if not found.inputs and not others and not found.unreadable:
        raise InputError(compose("holds no file", where=raw, fix="Give a folder with videos."))
    listed = listing.checksum if listing is not None else ""
    wanted = Claim.of(config, face_analyser, listed, registry)
    with _held(place):
        claim(place, wanted)
        before = finished(place, source, found, others, engine, reporter)
        if before is not None:
            if not keep_parts:
                place.remove(FOLDER)
            return before
        work = Work(
            raw=source, out=place, config=config, face_analyser=face_analyser, senses=senses
        )
        outcomes = _worked(work, source, found.inputs, engine, reporter)
        fates = [*_fates(place, outcomes), *_not_tried(found, others)]
        fates.sort(key=lambda fate: fate[0])
        decision = decide(_decidable(fates, outcomes), config)
        _publish(place, fates, decision, config, wanted, engine, reporter)
        totals = place.read_json(MANIFEST_FILE)["totals"]
        if not keep_parts and not totals["inputs"]["failed"]:
            place.remove(FOLDER)
    return Prepared(totals=totals, page=place.describe(PAGE_FILE))


def _check_apart(raw: str, out: str | Path) -> None:
    """The shards must not lie among the raw videos, whose every file is an input.

    Raises:
        InputError: they would.
    """
    if "://" in raw or "://" in str(out) or not Path(raw).is_dir():
        return
    inner, outer = Path(out).resolve(), Path(raw).resolve()
    if inner == outer or inner.is_relative_to(outer):
        problem = "the shards cannot be written among the raw videos"
        raise InputError(compose(problem, given=str(out), fix="Choose another folder."))


@contextlib.contextmanager
def _held(place: Place) -> Iterator[None]:
    """Hold a folder against other processes, and sweep up what kills have left; not for a URL."""
    folder = place.folder
    if folder is None:
        yield
        return
    with FolderLock(folder, _LOCK):
        for one in (folder, folder / FOLDER):
            if one.is_dir():
                remove_torn(one)
        yield


def _worked(
    work: Work, source: Place, inputs: Sequence[Input], engine: Engine, reporter: Reporter
) -> dict[str, Outcome]:
    """The outcome of every input, by name; the bar counts megabytes."""
    sizes = [_size(source, one) for one in inputs]
    outcomes: dict[str, Outcome] = {}
    results = engine.map(work, inputs, label=lambda one: one.name)
    with (
        contextlib.closing(results),  # type: ignore[type-var]
        reporter.task("MB of raw videos", sum(sizes)) as task,
    ):
        for index, result in results:
            name = inputs[index].name
            if isinstance(result, Failure):
                if issubclass(result.kind, CheckpointError | ConfigError | PluginError):
                    raise result.error()
                reason = "crashed" if result.crashed else "unreadable"
                result = Outcome(reason=reason, detail=result.reason)
            outcomes[name] = result
            clips = sum(one.clips for one in outcomes.values())
            task.advance(sizes[index], f"{len(outcomes)} of {len(inputs)} files, {clips} clips")
            if not result.key:
                reporter.say(f"{name}: {result.reason}: {result.detail}")
    return outcomes


def _size(source: Place, one: Input) -> int:
    """Megabytes of an input, at least 1."""
    try:
        return max(1, round(source.size(one.name) / _MEGABYTE))
    except StyletalkerError:
        return 1


def _fates(place: Place, outcomes: Mapping[str, Outcome]) -> Iterator[Fate]:
    for name, outcome in outcomes.items():
        if not outcome.key:
            yield name, outcome.reason, outcome.detail, None
            continue
        where = record_name(outcome.key)
        plain = place.read_json(where)
        yield name, "", "", Record.read(plain, place.describe(where), pictures=False)


def _not_tried(found: Found, others: Sequence[tuple[str, str]]) -> Iterator[Fate]:
    for folder, why in found.unreadable:
        yield f"{folder}/", "unreadable", why, None
    for name, reason in others:
        yield name, reason, "", None


def _decidable(
    fates: Sequence[Fate], outcomes: Mapping[str, Outcome]
) -> list[tuple[str, str, Record]]:
    return [
        (name, outcomes[name].key, record)
        for name, _, _, record in fates
        if record is not None and name in outcomes
    ]


def _publish(
    place: Place,
    fates: Sequence[Fate],
    decision: Decision,
    config: PrepareConfig,
    wanted: Claim,
    engine: Engine,
    reporter: Reporter,
) -> None:
    """Write the shards, then what is said about them; the manifest last."""
    plan = plan_of(decision, config, wanted.checksum)
    entries = entries_of(fates, decision)
    manifest = manifest_of(entries, wanted.plain(), decision)
    if not are_whole(place, plan, decision):
        place.remove(MANIFEST_FILE)
    if plan.counts:
        with reporter.task("clips written", sum(plan.counts.values())) as task:
            write_shards(place, plan, decision, engine, task.advance)
    else:
        forget_shards(place)
    write_page(place, manifest, decision)
    write_tables(place, entries)
    place.write_json(MANIFEST_FILE, manifest)
