"""Measure classifiers on labelled pictures: metrics, thresholds, report.

Begin with ``evaluation.py``. Training and building engines do not belong here.
"""
