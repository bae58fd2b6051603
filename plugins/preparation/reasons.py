"""Why inputs and stretches are not kept: every slug, what it means, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

__all__ = ["FAILURES", "FILE_REASONS", "Reason", "explain"]


@attrs.frozen
class Reason:
    """A reason in words."""

    meaning: str
    """What is the matter, as the end of "not kept because ..."."""
    remedy: str
    """What a user can do."""


FILE_REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        "empty": Reason("the file has no bytes", "Download or copy it again."),
        "not-a-video": Reason(
            "the file is a text, a picture, a sound or anything else, whatever its name says",
            "Nothing, if it is none; else see what `ffprobe` says of it.",
        ),
        "damaged": Reason(
            "the file begins as a video and cannot be read to its end: half downloaded, or corrupt",
            "Download it again, or save what there is: `ffmpeg -i FILE -c copy FIXED.mkv`.",
        ),
        "no-sound": Reason("the video has no sound track", "Nothing can be learnt from it here."),
        "damaged-sound": Reason(
            "the sound cannot be decoded to its end", "Download or export the file again."
        ),
        "all-silent": Reason(
            "the whole sound is silence", "See whether the right track was exported."
        ),
        "video-too-short": Reason(
            "the video is shorter than the shortest clip", "Lower analysis.min_clip_s."
        ),
        "too-long": Reason(
            "the video is longer than longest_hours", "Raise longest_hours, or cut the video."
        ),
        "too-large": Reason(
            "the pictures have more pixels than largest_megapixels",
            "Raise largest_megapixels, or scale the video down.",
        ),
        "no-excerpt": Reason(
            "the list names no stretch within the video", "See whether it is the right file."
        ),
        "no-clip": Reason(
            "no stretch of the video was good enough; each one's reason is listed",
            "See the reasons of its stretches.",
        ),
        "duplicate-file": Reason("another file has the very same content", "Nothing."),
        "duplicates-only": Reason(
            "all its clips are in better copies of the same recording", "Nothing."
        ),
        "missing": Reason("the list names it and there is no such file", "Download it."),
        "not-listed": Reason("the list does not name the file", "Nothing, or add it to the list."),
    }
)
"""Of whole inputs that will not change by calling again."""

FAILURES: Mapping[str, Reason] = MappingProxyType(
    {
        "unreadable": Reason(
            "the file or folder cannot be read", "Check permissions and links, then call again."
        ),
        "disk": Reason("something could not be written", "Make room, then call again."),
        "crashed": Reason(
            "the process died on it twice, perhaps for lack of memory",
            "Call again with fewer --workers.",
        ),
        "fault": Reason("the toolkit itself failed on it", "Report it, with the detail."),
    }
)
"""Of inputs that another call tries again."""

_STRETCH_REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        "duplicate": Reason(
            "a better copy of the same stretch is kept", "Nothing, or `duplicates: keep`."
        ),
        "offset": Reason(
            "its sound is late or early, and `offset: reject` was given", "Say `offset: correct`."
        ),
        "no-sound-there": Reason(
            "too little is left where both pictures and sound are, after the sound was moved",
            "Nothing.",
        ),
    }
)

_REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "no-face": "Nothing; profiles and very small faces are not found.",
        "face-too-small": "Lower analysis.min_face, or get the video in a higher resolution.",
        "face-lost": "Raise analysis.bridge_frames a little.",
        "blurred": "Lower analysis.min_sharpness, or get the video in better quality.",
        "turned": "Raise analysis.max_yaw, analysis.max_pitch or analysis.max_roll.",
        "occluded": "Raise analysis.max_occluded.",
        "too-dark": "Lower analysis.min_light, or brighten the video.",
        "too-bright": "Raise analysis.max_light.",
        "several-speakers": "Name the regions of the faces in a list.",
        "listener": "Nothing.",
        "still-picture": "Nothing.",
        "transition": "Nothing.",
        "moves-too-far": "Raise analysis.max_travel.",
        "cut-by-edge": "Raise analysis.max_outside.",
        "too-short": "Lower analysis.min_clip_s.",
        "silent": "Raise sound.max_silence.",
        "no-speech": "Lower sound.min_speech, say for singing.",
        "music": "Raise sound.max_music.",
        "clipped": "Raise sound.max_clipped.",
        "out-of-sync": "Nothing for a voice-over; `offset=ignore` if the sound is right.",
        "too-little-speech": "Lower sync.sure, or `offset=ignore` for sound that is right.",
    }
)
"""What to do about the reasons that the measures give."""


def explain(slug: str) -> Reason:
    """What a slug means: of an input, of a stretch, of the faces, the sound or the offset."""
    for known in (FILE_REASONS, FAILURES, _STRETCH_REASONS):
        if slug in known:
            return known[slug]
    from styletalker.plugins.preparation.senses import stretch_reasons

    meaning = stretch_reasons().get(slug, slug.replace("-", " "))
    return Reason(meaning[:1].lower() + meaning[1:].rstrip("."), _REMEDIES.get(slug, ""))
