"""Single parts of a run: readers, encoder, engines."""
