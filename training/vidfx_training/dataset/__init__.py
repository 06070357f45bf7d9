"""Folders of labelled face pictures: read, measured, checked and split. No torch is needed here."""
