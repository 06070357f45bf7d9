"""What is written about a video besides the picture: CSV rows, counts, the summary."""
