"""Detectors: speed, accuracy, data to train them on, and faces lost between detections."""
