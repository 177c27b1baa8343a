"""Globs over paths, in the language of .gitignore: `*.xml` at any depth, `/a` at the top, `!x` takes back."""

from collections.abc import Callable, Sequence

from chorus_hooks.errors import UsageError


def matcher(globs: Sequence[str]) -> Callable[[str], bool]:
    """Whether a relative path matches. Raises UsageError for a glob that makes no sense."""
    if not globs:
        return lambda path: False
    if "**" in globs and not any(glob.startswith("!") for glob in globs):
        return lambda path: True
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore import GitIgnorePatternError

    try:
        spec = GitIgnoreSpec.from_lines(globs, backend="simple")
    except GitIgnorePatternError as error:
        raise UsageError(
            f"a glob makes no sense: {error}", hint="globs are written as in .gitignore"
        ) from None
    return spec.match_file
