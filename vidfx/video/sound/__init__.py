"""Sound from an input into the annotated video: copied, or encoded as AAC."""
