"""The evaluation harness: metric families, controls and reports."""
