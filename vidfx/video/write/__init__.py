"""The annotated video's file: encoding, muxing, joining segments."""
