"""Pages in a browser over finished results, made from saved rows alone."""
