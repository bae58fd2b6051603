"""``toolkit generate``: a portrait and speech become a video."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from styletalker.core.errors import InputError, compose
from styletalker.core.generation.manner import Manner
from styletalker.core.interfaces.command import Command
from styletalker.core.registry import Registry
from styletalker.plugins.generate.batch_command import BatchOptions, run_batch
from styletalker.plugins.generate.config import DEFAULT_MODEL
from styletalker.plugins.generate.factors import checked_factors

if TYPE_CHECKING:
    from styletalker.core.run.progress import Reporter
    from styletalker.core.talker import Generated, Talker

__all__ = ["GenerateCommand"]


class GenerateCommand(Command):
    """``toolkit generate PORTRAIT SPEECH -o OUT``."""

    def app(self) -> typer.Typer:
        """The one command."""
        app = typer.Typer()
        app.command()(run)
        return app


def run(
    context: typer.Context,
    portrait: Annotated[
        Path | None, typer.Argument(help="Image of a person: PNG, JPEG, WebP, ...")
    ] = None,
    speech: Annotated[
        Path | None, typer.Argument(help="Audio file, or a video whose sound is taken.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="Video file: .mp4, .mov, .mkv, .webm or .gif; of a manifest, the folder or URL.",
        ),
    ] = None,
    manifest: Annotated[
        str | None,
        typer.Option(
            "--manifest",
            help="CSV or JSON lines with many jobs: portrait, audio, output or name, and options.",
        ),
    ] = None,
    model: Annotated[
        str, typer.Option("--model", help="A talker's folder, a run directory, or builtin:NAME.")
    ] = DEFAULT_MODEL,
    motion: Annotated[
        Path | None, typer.Option("--motion", help="Video whose head motion is followed.")
    ] = None,
    motion_end: Annotated[
        str,
        typer.Option("--motion-end", help="When that is over: mirror, loop or hold."),
    ] = "mirror",
    seed: Annotated[int, typer.Option("--seed", help="Another seed, another motion.")] = 0,
    temperature: Annotated[
        float, typer.Option("--temperature", help="How far from the likeliest motion, 0 and up.")
    ] = 1.0,
    motion_scale: Annotated[
        float, typer.Option("--motion-scale", help="What motion is multiplied with, 0 and up.")
    ] = 1.0,
    pose: Annotated[
        float, typer.Option("--pose", help="How much the head moves: 0 not at all, 1, to 3.")
    ] = 1.0,
    still: Annotated[bool, typer.Option("--still", help="The head keeps still: --pose 0.")] = False,
    blink: Annotated[float, typer.Option("--blink", help="How far the lids close, 0 to 3.")] = 1.0,
    gaze: Annotated[float, typer.Option("--gaze", help="How much the eyes wander, 0 to 3.")] = 1.0,
    expression: Annotated[
        float, typer.Option("--expression", help="How much brows and cheeks move, 0 to 3.")
    ] = 1.0,
    crop: Annotated[
        str,
        typer.Option(
            "--crop",
            help="full: the whole picture; face: a square around the face; none: the centre "
            "square; auto: full where the model can, else face.",
        ),
    ] = "auto",
    face: Annotated[
        str,
        typer.Option("--face", help="Of several: largest, left, right, or a number from 0."),
    ] = "largest",
    size: Annotated[
        int | None,
        typer.Option("--size", help="Pixels a side of the square around the face, 64 to 1024."),
    ] = None,
    fps: Annotated[
        float | None, typer.Option("--fps", help="Frames per second; by default the talker's.")
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        str | None, typer.Option("--format", help="Kind of video file, if not from the suffix.")
    ] = None,
    frames_dir: Annotated[
        Path | None,
        typer.Option("--frames-dir", help="New or empty folder for the frames as PNG files."),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="CPU threads; by default one per core.")
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Of a manifest, videos made at once.")
    ] = 1,
    engine: Annotated[
        str, typer.Option("--engine", help="Of a manifest: local, or ray for a cluster.")
    ] = "local",
    address: Annotated[
        str | None, typer.Option("--address", help="Of a Ray cluster: HOST:PORT, or auto.")
    ] = None,
    face_analyser: Annotated[
        str | None,
        typer.Option("--face-analyser", help="What finds the face; `toolkit list face_analyser`."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the output file if it exists.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="No notes and no progress; print the path alone.")
    ] = False,
) -> None:
    """Make a portrait speak: write a video with the given sound.

    The video has round(duration * fps) frames; the same seed gives the same video.

    The output appears when it is complete; missing folders are made.

    With --manifest, many videos: what is there and matches is kept, a row that is wrong fails
    alone, and jobs.csv in the folder says what became of each.

    Example: toolkit generate face.jpg speech.wav -o talk.mp4 --seed 3
    """
    options: dict[str, Any] = {
        "motion": motion,
        "motion_end": motion_end,
        "seed": seed,
        "temperature": temperature,
        "motion_scale": motion_scale,
        "crop": crop,
        "face": face,
        "size": size,
        "fps": fps,
        "format": format,
    }
    factors = {"pose": pose, "blink": blink, "gaze": gaze, "expression": expression}
    if manifest is not None:
        if portrait is not None or frames_dir is not None or output is None:
            fix = "Say --manifest FILE -o FOLDER, without portrait, speech and --frames-dir."
            raise InputError(compose("--manifest says what is made of what", fix=fix))
        options |= {**factors, "still": still, "motion": motion and str(motion)}
        how = BatchOptions(
            model=model,
            overwrite=overwrite,
            device=device,
            threads=threads,
            face_analyser=face_analyser,
            workers=workers,
            engine=engine,
            address=address,
            quiet=quiet,
        )
        run_batch(manifest, output, options, how, context.obj)
        return
    if portrait is None or speech is None:
        fix = "Give PORTRAIT SPEECH -o OUT, or --manifest FILE -o FOLDER."
        raise InputError(compose("no portrait or no speech is given", fix=fix))
    for path in (portrait, speech, *([motion] if motion is not None else [])):
        if not path.exists():  # before seconds of loading
            raise InputError(compose("no such file", where=str(path)))
    if still:
        factors["pose"] = 0.0
    options |= {"manner": Manner(**checked_factors(factors))}
    options |= {"frames_dir": frames_dir, "overwrite": overwrite}
    talker = _talker(context.obj, model, device, threads, face_analyser)
    if quiet:
        made = talker.generate(portrait, speech, output, **options)
    else:
        from styletalker.core.run.progress import Reporter

        reporter = Reporter()
        with reporter.live():
            made = _watched(reporter, talker, portrait, speech, output, options)
    typer.echo(_summary(made, quiet=quiet))


def _talker(
    registry: Registry, model: str, device: str, threads: int | None, face_analyser: str | None
) -> Talker:
    from styletalker.core.pretrained import load_talker_components

    components = load_talker_components(model, registry)
    import torch  # only now: a wrong file or model is told at once
    from styletalker.core.talker import Talker

    if threads is not None:
        torch.set_num_threads(threads)
    return Talker(
        components, registry, name=components.name, device=device, face_analyser=face_analyser
    )


def _watched(
    reporter: Reporter,
    talker: Talker,
    portrait: Path,
    speech: Path,
    output: str | None,
    options: dict[str, Any],
) -> Generated:
    """Generate, and tell how far it is."""
    import contextlib

    with contextlib.ExitStack() as held:
        show = _meter(reporter, held)
        return talker.generate(
            portrait,
            speech,
            output,
            say=lambda text: reporter.say(f"note: {text}"),
            progress=show,
            **options,
        )


def _meter(reporter: Reporter, held: Any) -> Callable[[int, int], None]:
    """What is called after each frame; the bar begins with the first."""
    import time

    state: dict[str, Any] = {}

    def show(done: int, total: int) -> None:
        now = time.perf_counter()
        if not state:
            state["task"] = held.enter_context(reporter.task("frames", total))
            state["start"], state["first"] = now, done
            return
        rate = (done - state["first"]) / max(1e-9, now - state["start"])
        state["task"].update(done, f"{rate:.1f} frames/s")

    return show


def _summary(made: Generated, *, quiet: bool) -> str:
    place = made.path or made.frames_dir
    if quiet:
        return str(place)
    return (
        f"{place}: {made.frames} frames, {made.duration_s:.2f} s of video, "
        f"{made.frames_per_s:.1f} frames/s"
    )
