"""What narrows a search: filters on declared fields, and facets."""
