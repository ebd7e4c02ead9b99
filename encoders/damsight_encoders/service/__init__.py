"""The encoders behind HTTP, so that a media library's own process needs no torch."""
