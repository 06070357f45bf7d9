"""Folders of labelled face pictures: read, measured, checked and split.

Imports no torch. What turns pictures into arrays for training does not belong here.
"""
