"""A sandbox out of Linux namespaces and bubblewrap: no daemon, no images, this machine's own toolchain."""
