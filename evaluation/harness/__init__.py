"""The harness: many clips, many metrics, several methods; parallel, resumable, nothing dropped."""
