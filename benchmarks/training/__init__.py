"""`vidfx train`: its speed, and the study of all variants."""
