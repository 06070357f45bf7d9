"""The names of result files: the full name of the input with one of these endings."""

ANNOTATED = ".annotated.mp4"
SUMMARY = ".summary.json"
RESULTS = (ANNOTATED, ".faces.csv", ".frames.csv", ".unshown.csv", ".privacy.json", SUMMARY)
RENDERED = ".rendered.mp4"
"""The same results drawn again."""
RENDER_RECORD = ".rendered.json"
"""What it was made of."""
RENDER_RESULTS = (RENDERED, RENDER_RECORD)
DRAWN = (ANNOTATED, RENDERED)
"""Videos that are no inputs."""
REPORT = "report"
"""Folder of the pages over all results, in the output folder."""
