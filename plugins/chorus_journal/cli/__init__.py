"""`chorus log`: loaded only when it is called."""
