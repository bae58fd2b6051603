"""Evaluation: measures as plain functions, and the metrics on top of them.

The measures (:mod:`~styletalker.evaluation.mouth`, :mod:`~styletalker.evaluation.blinks` and so
on) take arrays; the metrics in :mod:`styletalker.evaluation.metrics` take clips.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.core.weights_file.family import WeightsFamily
from styletalker.evaluation.metrics.config import MetricConfig
from styletalker.evaluation.metrics.public_config import (
    CsimConfig,
    FidConfig,
    LpipsConfig,
    LseConfig,
)
from styletalker.evaluation.public_families import FAMILIES

__all__ = ["styletalker_components", "styletalker_weights"]

_DLIB = "Apache-2.0; needs dlib's 68-point model, trained on iBUG 300-W: no commercial use"
_OWN = "Apache-2.0"
_LMD = "RAD-NeRF (arXiv 2211.12368), LMDMeter; normalised by the inter-ocular distance"
_BILABIAL = "our own definition: contact of the lips is what p, b and m are"

_METRICS = (
    ("psnr", "pictures:Psnr", "peak signal-to-noise ratio of whole frames",
     "mean squared error in dB", _OWN),
    ("ssim", "pictures:Ssim", "structural similarity of whole frames",
     "Wang et al. 2004, in scikit-image's conventions", _OWN),
    ("face_found_rate", "faces:FaceFoundRate", "part of the frames with a face", "dlib's detector",
     _DLIB),
    ("csim_dlib", "faces:CsimDlib", "identity: dlib's vectors against the portrait's",
     "dlib (King 2009)", _DLIB),
    ("csim_dlib_truth", "faces:CsimDlibTruth",
     "identity: dlib's vectors against those of the ground truth's frames", "dlib (King 2009)",
     _DLIB),
    ("lmd", "faces:Lmd", "landmark distance over all 68 points", _LMD, _DLIB),
    ("lmd_mouth", "faces:LmdMouth", "landmark distance over the mouth's 20 points", _LMD, _DLIB),
    ("lips_in_time", "lip_timing:LipsInTime", "do lips fit the sound best where it is?",
     "landmarks against log-mel, InfoNCE over offsets", _DLIB),
    ("bilabial_closure", "lips:BilabialClosure", "do the lips close on p, b and m?", _BILABIAL,
     _DLIB),
    ("vowel_openness", "lips:VowelOpenness", "how far the lips open on open vowels", _BILABIAL,
     _DLIB),
    ("pause_motion", "lips:PauseMotion", "how much the lips move in pauses",
     "our own definition", _DLIB),
    ("aperture_correlation", "lips:ApertureCorrelation",
     "do the lips open when the ground truth's do?", "Pearson's correlation", _DLIB),
    ("aperture_correlation_annotated", "lips:ApertureCorrelationAnnotated",
     "the same against the corpus's own landmarks", "Pearson's correlation", _DLIB),
    ("head_pose_following", "following:HeadPoseFollowing",
     "does the head move as the motion source's does?", "Pearson's correlation", _DLIB),
    ("head_pose_following_annotated", "following:HeadPoseFollowingAnnotated",
     "the same against the corpus's own landmarks", "Pearson's correlation", _DLIB),
    ("blink_following", "following:BlinkFollowing",
     "do the eyes blink when the motion source's do?", "F1 of blinks", _DLIB),
    ("silent_lip_motion", "stability:SilentLipMotion", "how much the lips move in silence",
     "our own definition", _DLIB),
    ("blink_rate", "motion:BlinkRate", "blinks per minute", "our own definition", _DLIB),
    ("head_pose_spread", "motion:HeadPoseSpread", "how far the head moves", "our own definition",
     _DLIB),
    ("blink_duration", "motion:BlinkDuration", "how long a blink lasts", "our own definition",
     _DLIB),
    ("head_pose_speed", "motion:HeadPoseSpeed", "how fast the head moves", "our own definition",
     _DLIB),
    ("head_pose_spectrum", "rhythm:HeadPoseSpectrum",
     "how the head's motion differs from the ground truth's at each frequency",
     "our own definition on Welch 1967", _DLIB),
    ("pose_diversity", "rhythm:PoseDiversity",
     "how different the head's motions of several seeds are", "our own definition", _DLIB),
    ("beat_alignment", "rhythm:BeatAlignment", "does the head move when speech sets in?",
     "BeatAlign of AIST++ (arXiv 2101.08779), on the head's angles", _DLIB),
    ("temporal_flicker", "stability:TemporalFlicker",
     "what changes from frame to frame and back", "our own definition", _OWN),
    ("identity_drift", "stability:IdentityDrift",
     "how fast a video leaves the person it began with", "our own definition", _DLIB),
)  # fmt: skip
"""Name, class, summary, source and licence of each metric."""


_SYNCNET = "Apache-2.0; needs syncnet_v2.model, whose licence is not stated"
_CHUNG = "Chung & Zisserman 2016; names: Wav2Lip, arXiv 2008.10010"
_ARCFACE = "Apache-2.0; needs insightface's model pack: non-commercial research only"
_FRECHET = "Heusel et al., arXiv 1706.08500"

_PUBLIC: tuple[tuple[type, str, str, str, str, str], ...] = (
    (LseConfig, "lse_d", "lip_sync:LseD", "SyncNet's distance of lips and sound at the best offset",
     _CHUNG, _SYNCNET),
    (LseConfig, "lse_c", "lip_sync:LseC", "SyncNet's confidence that lips and sound go together",
     _CHUNG, _SYNCNET),
    (LseConfig, "av_offset", "lip_sync:AvOffset", "frames by which the sound comes early", _CHUNG,
     _SYNCNET),
    (LseConfig, "av_offset_size", "lip_sync:AvOffsetSize", "the same without its sign", _CHUNG,
     _SYNCNET),
    (FidConfig, "fid", "distributions:Fid", "Frechet distance of Inception features of all frames",
     f"{_FRECHET}; pytorch-fid", "Apache-2.0; needs pytorch-fid's Inception file, Apache-2.0"),
    (MetricConfig, "fd_dlib", "distributions:FdDlib",
     "Frechet distance of dlib's identity vectors", _FRECHET, _DLIB),
    (LpipsConfig, "lpips", "perceptual:LpipsMetric", "how different pictures look to a network",
     "Zhang et al., arXiv 1801.03924, version 0.1",
     "Apache-2.0; needs torchvision's AlexNet or VGG-16 and LPIPS's linear layers, BSD"),
    (CsimConfig, "csim", "arcface:Csim", "identity: ArcFace vectors against the portrait's",
     "ArcFace, arXiv 1801.07698", _ARCFACE),
    (CsimConfig, "csim_truth", "arcface:CsimTruth",
     "identity: ArcFace vectors against those of the ground truth's frames",
     "ArcFace, arXiv 1801.07698", _ARCFACE),
)  # fmt: skip
"""The same with the configuration class, of metrics with options."""


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the metrics."""
    return [
        *(_component(MetricConfig, *record) for record in _METRICS),
        *(_component(*record) for record in _PUBLIC),
    ]


@hookimpl
def styletalker_weights() -> list[WeightsFamily]:
    """Say which public weights metrics are made of."""
    return list(FAMILIES)


def _component(
    config: type, name: str, target: str, summary: str, source: str, licence: str
) -> Component:
    return Component(
        role="metric",
        name=name,
        target=f"styletalker.evaluation.metrics.{target}",
        config=config,
        summary=summary,
        source=source,
        licence=licence,
        smoke={},
    )
