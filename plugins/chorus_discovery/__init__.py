"""Where peers may be: told by settings, heard on the LAN, remembered on disk."""
