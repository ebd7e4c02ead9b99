"""A real Kafka and a real Elasticsearch on a laptop, without containers."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from damsight_devstack.errors import StackError
    from damsight_devstack.progress import StackProgress
    from damsight_devstack.settings import StackSettings
    from damsight_devstack.stack import running_stack, start_stack, stop_stack
    from damsight_devstack.status import Stack, StackStatus, stack_status

__all__ = [
    "Stack",
    "StackError",
    "StackProgress",
    "StackSettings",
    "StackStatus",
    "running_stack",
    "stack_status",
    "start_stack",
    "stop_stack",
]

_HOME = {
    "Stack": "status",
    "StackError": "errors",
    "StackProgress": "progress",
    "StackSettings": "settings",
    "StackStatus": "status",
    "running_stack": "stack",
    "start_stack": "stack",
    "stack_status": "status",
    "stop_stack": "stack",
}


def __getattr__(name: str) -> object:
    # Each server's process imports this package for its node alone: the rest would cost it half a second.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
