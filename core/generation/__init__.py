"""From a portrait and speech to frames: framing, sound by the frame, motion, and the stream."""
