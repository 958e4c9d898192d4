"""Which examples Hypothesis draws: the same ones in every run of the tests, others in a soak."""

from __future__ import annotations

import os

COUNT = "WTA_TEST_EXAMPLES"
"""Examples of each property; set by `scripts/soak properties`."""


def name_soak() -> None:
    """Make the profile `soak` known where it is asked for: loading Hypothesis takes a while."""
    if COUNT in os.environ:
        from hypothesis import settings

        usual = settings.get_profile("ci")
        count = int(os.environ[COUNT])
        settings.register_profile("soak", usual, derandomize=False, max_examples=count)
