"""Assets' pictures: previews, and the bytes that a part is cut from."""
