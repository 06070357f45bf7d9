"""What ``import vidfx`` offers: thin functions over what the commands call too."""
