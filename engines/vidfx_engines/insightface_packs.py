"""Where insightface keeps its packs of models."""

from pathlib import Path

LICENCE = "non-commercial research only"


def packs_folder() -> Path:
    """One folder for each pack; it may not exist."""
    return Path.home() / ".insightface" / "models"
