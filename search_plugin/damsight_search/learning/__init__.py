"""What people teach: feedback, personal ranking, concepts, tags."""
