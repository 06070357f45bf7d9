"""ONE video annotated: decode, analyse, draw, encode, write rows. Begin with ``video.py``.

What is about many videos stands in vidfx.run, what is about a single frame in vidfx.stages.
"""
