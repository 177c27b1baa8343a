"""In which order packages are built."""


def order(needs):
    """Every package after all that it needs; names in alphabetic order where that leaves a choice.

    `needs` maps a package to those that it needs. Raises ValueError for a cycle.
    """
    done = []

    def visit(name):
        if name in done:
            return
        for other in sorted(needs.get(name, ())):
            if other not in done:
                done.append(other)
                visit(other)
        done.append(name)

    for name in sorted(needs):
        visit(name)
    return done
