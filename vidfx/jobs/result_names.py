"""The names of result files: the full name of the input with one of these endings."""

ANNOTATED = ".annotated.mp4"
ANNOTATED_PICTURE = ".annotated"
"""At the end of a picture's name, before its suffix."""
SUMMARY = ".summary.json"
RESULTS = (ANNOTATED, ".faces.csv", ".frames.csv", SUMMARY)
