"""Media and text to vectors: the only package that imports torch."""
