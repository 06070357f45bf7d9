"""Drawing on the frames of one video: labels and masks, and the encoded result."""
