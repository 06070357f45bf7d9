"""The stages of one video on the CPU: detect, track, align, classify, and smooth with look_ahead.

``analyze`` calls the first four. ``detection_schedule`` and ``read_schedule`` say which frames and
faces are due, ``cuts`` finds shot changes, ``engine_faults`` invalid outputs.

A stage takes frames or faces and returns what it found. It knows no file, no command line and no
other stage's state. What is drawn is in vidfx.overlay, the same stages on a GPU in vidfx.device.
"""
