"""The sound of an input on its way into the annotated video."""
