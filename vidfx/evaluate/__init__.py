"""Measure classifiers on labelled pictures: metrics, thresholds, report, parity, speed.

Begin with ``evaluation.py``. Training and building engines do not belong here.
"""
