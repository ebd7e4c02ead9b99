"""From what somebody looks for to the vector legs: query encoders, pictures, parts of them, similarities."""
