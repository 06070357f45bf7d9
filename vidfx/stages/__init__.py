"""The stages of one video on the CPU, in order: detect, track, align, classify, smooth.

A stage takes frames or faces and returns what it found. It knows no file, no command line and no
other stage's state. What is drawn is in vidfx.overlay, the same stages on a GPU in vidfx.device.
"""
