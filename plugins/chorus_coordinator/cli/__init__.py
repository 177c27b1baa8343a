"""The commands `run` and `task`. Imported only when one of them is called."""
