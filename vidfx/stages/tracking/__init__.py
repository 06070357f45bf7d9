"""Tracks: which detections are one face, whether it is shown, and what was known of it when."""
