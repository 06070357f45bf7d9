"""Pictures out of videos, and into them. Only this package knows decord and FFmpeg."""
