"""The audio-video offset of talking videos: by how many frames the sound is late or early.

See :mod:`~styletalker.plugins.preparation.offset.curve` and
:mod:`~styletalker.plugins.preparation.offset.decision`. Nothing is imported here: options stand in
this package, and every `toolkit` command reads them.
"""
