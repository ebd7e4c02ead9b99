"""The sample library: pictograms, their words in seven languages, and what is judged relevant to what."""
