"""How Python itself takes turns and collects garbage, in a process that is a consumer and nothing else."""

import sys

from damsight_encoders.garbage import freeze_what_is_loaded

# In seconds; Python's own is 5 ms. An event passes some ten threads, and at each it may wait so long for the
# interpreter behind each thread that computes.
SWITCH_S = 0.002


def let_nothing_stop_the_world() -> None:
    """Keep Python itself from holding up a live event: by its threads' turns, and by its garbage collector."""
    sys.setswitchinterval(SWITCH_S)
    freeze_what_is_loaded()
