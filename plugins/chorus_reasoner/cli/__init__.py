"""`chorus prompts`: loaded only when it is called."""
