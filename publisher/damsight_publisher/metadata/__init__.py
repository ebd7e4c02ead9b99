"""What cameras and people wrote into a file: EXIF, IPTC and XMP, made one. Nothing of it is trusted."""
