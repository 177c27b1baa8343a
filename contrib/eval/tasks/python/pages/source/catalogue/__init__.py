"""A catalogue, shown page by page."""
