"""The annotated video's file: frames encoded to packets, packets and sound muxed into one MP4.

The packets come from an encoder, or are copied from the encoded segments of a video (concat).
"""
