"""The generator ``mesh`` and the inverter ``mesh_fit``: a photo on a fitted head, animated."""
