"""Comparing reports: which run is better, and is it more than chance?"""
