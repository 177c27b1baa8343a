"""Who is in the mesh: a roster of signed cards, a failure detector after SWIM, and endless redials."""
