"""What is drawn on frames: labels, where they stand, text, and blending onto YUV planes.

Knows boxes and words; no file, no detector and no encoder.
"""
