"""From the legs' raw scores to one relevance: calibration, fusion, cut-off."""
