"""What is drawn on frames. Knows boxes and text; no file of a run, no detector and no encoder.

``painter`` draws one frame, as the ``looks`` of the user say: ``faces`` follows the faces,
``layout`` decides where their labels are and how much they say (``labels``, text in the ``font``,
as large as ``text_sizes`` allows). ``boxes`` and ``label_pictures`` make both of ``shapes`` and
blend them onto the planes with ``yuv``; ``landmarks`` and ``clock`` are drawn over them.
"""
