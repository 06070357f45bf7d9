"""Who somebody is, from embeddings of faces: vectors that are near each other for one person.

Here are files and decisions; no models, videos or pictures.
"""
