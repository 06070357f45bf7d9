"""``vidfx people add``: pictures and videos of somebody, made embeddings of a gallery."""
