"""ONE video annotated: decode, analyse, draw, encode, write rows. Begin with ``video.py``.

Runs over many videos are in vidfx.run, computations on frames and faces in vidfx.stages.
"""
