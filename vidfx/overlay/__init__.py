"""What is drawn on frames. Knows boxes and text; no file, no detector and no encoder.

``painter`` draws one frame: ``layout`` decides where labels are and how much they say, ``labels``
makes them of text (``font``) and ``shapes``, ``yuv`` blends them onto the planes.
"""
