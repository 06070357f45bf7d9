"""Moments of finished videos: where the rows meet a condition, cut out as files."""
