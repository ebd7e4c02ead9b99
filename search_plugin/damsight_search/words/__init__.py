"""What is typed, and what matches words: understanding, the exact and the keyword leg, suggestions."""
