"""What a classifier is worth on labelled pictures that it has not learned from."""
