"""A long video in segments side by side. Begin with ``plan.py``, then ``annotate.py``."""
