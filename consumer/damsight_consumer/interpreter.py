"""How Python itself takes turns and collects garbage, in a process that is a consumer and nothing else."""

import gc
import sys

# In seconds; Python's own is 5 ms. An event passes some ten threads, and at each it may wait so long for the
# interpreter behind each thread that computes.
SWITCH_S = 0.002
# Of the three generations; Python's own are 700, 10 and 10 (gc.set_threshold).
COLLECT_AFTER = (50_000, 10, 20)


def let_nothing_stop_the_world() -> None:
    """Keep Python itself from holding up a live event: by its threads' turns, and by its garbage collector.

    A full collection looks at every object of the models' libraries, which never go away, and stops all threads for a
    tenth of a second; frozen, they are not looked at.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
