"""`chorus peers`: loaded only when it is called."""
