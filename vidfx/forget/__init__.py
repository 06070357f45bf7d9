"""``vidfx people forget``: somebody out of a gallery, and out of finished results."""
