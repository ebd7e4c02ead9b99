"""The same picture: told by digests, hashes and vectors; folded in results, listed for an index."""
