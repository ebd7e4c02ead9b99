"""Python's garbage collector in a process that has loaded models."""

import gc

# Of the three generations; Python's own are 700, 10 and 10 (gc.set_threshold).
COLLECT_AFTER = (50_000, 10, 20)


def freeze_what_is_loaded() -> None:
    """Leave what is there now out of all collections, and make those rarer. For a process's own start.

    A full collection looks at every object of the models' libraries, which never go away, and stops all threads for a
    tenth of a second; frozen, they are not looked at.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
