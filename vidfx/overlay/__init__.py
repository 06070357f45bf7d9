"""What is drawn on frames: labels, where they are placed, text, and blending onto YUV planes.

Knows boxes and text; no file, no detector and no encoder.
"""
