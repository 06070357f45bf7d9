"""Data sets out of videos and photographs: face crops with labels.

Finds faces with the pipeline of vidfx.annotate. What trains on the crops is vidfx_training.
"""
