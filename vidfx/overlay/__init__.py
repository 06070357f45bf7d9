"""What is drawn on frames. Knows boxes and text; no file, no detector and no encoder.

``painter`` draws one frame: ``faces`` follows the faces, ``layout`` decides where their labels are
and how much they say (``labels``, text in the ``font``). ``boxes`` and ``label_pictures`` make both
of ``shapes`` and blend them onto the planes with ``yuv``.
"""
