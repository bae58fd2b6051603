"""Weight files of any origin: recognised by their content, read without running anything in them.

:func:`styletalker.core.weights_file.read.read_weights_file` reads one. Whose networks it holds is
known to the plug-ins alone: each declares families
(:class:`styletalker.core.weights_file.family.WeightsFamily`), and
:func:`styletalker.core.weights_file.fit.fits_of` asks them.
"""
