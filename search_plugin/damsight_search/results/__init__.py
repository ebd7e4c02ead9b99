"""From a fused window to pages: totals, cursors, what lies beyond, browsing."""
