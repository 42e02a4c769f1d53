"""How many examples a test of a universal rule gets."""

from hypothesis import settings


def examples(full: int) -> settings:
    """Return the settings for a test that gets this many in profile ``full``, in others as large a share of them."""
    share = settings().max_examples / settings.get_profile("full").max_examples
    return settings(max_examples=max(1, round(full * share)))
