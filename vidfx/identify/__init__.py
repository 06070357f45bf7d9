"""People in finished results: named and grouped by the saved embeddings of their tracks."""
