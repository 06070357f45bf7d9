"""The stages, in the order they run: detect, track, align, classify, smooth, draw.

A stage takes a batch and returns a batch. It never sees the file, the command line or the next
stage.
"""
