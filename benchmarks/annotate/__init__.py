"""`vidfx annotate` as a whole command."""
