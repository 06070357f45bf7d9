"""Sound from an input into the annotated video.

``track`` chooses for each sound: copied (``copying``) if ``mp4_codecs`` says that MP4 can hold it,
else decoded (``reader``) and encoded as AAC (``aac``).
"""
