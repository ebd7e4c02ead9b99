"""The servers of a stack under faults: killed, hanging, and back, each for the length of a block."""

from collections.abc import Iterator
from contextlib import contextmanager

from damsight_devstack import Stack, StackSettings, running_stack, stack_status
from damsight_devstack.faults import kill_server, pause_server, resume_server, start_server
from damsight_devstack.server_process import ServerName

# A killed broker comes back only when the controller believes that the one before is dead: 9 s by default.
QUICK_RETURN = {"broker.session.timeout.ms": "3000", "broker.heartbeat.interval.ms": "500"}


@contextmanager
def stack_for_faults(**kafka_properties: str) -> Iterator[Stack]:
    """A stack of one's own, whose broker comes back quickly; for a fixture of a module's scope.

    Args:
        kafka_properties: The broker's own settings, with underscores for dots, as in ``log_retention_ms="60000"``.
    """
    own = {name.replace("_", "."): value for name, value in kafka_properties.items()}
    settings = StackSettings.from_environment().model_copy(update={"kafka_properties": QUICK_RETURN | own})
    with running_stack(settings=settings) as running:
        yield running


@contextmanager
def down(stack: Stack, name: ServerName) -> Iterator[None]:
    """Kill a server (SIGKILL) for the length of a block; after it the server works again, on the same address."""
    kill_server(stack, name)
    try:
        yield
    finally:
        start_server(stack, name)


@contextmanager
def hanging(stack: Stack, name: ServerName) -> Iterator[None]:
    """Stop a server's process (SIGSTOP) for the length of a block: its connections stay, and nothing answers."""
    pause_server(stack, name)
    try:
        yield
    finally:
        resume_server(stack, name)


def make_whole(stack: Stack) -> None:
    """Let go on, or start, whatever a failed test left otherwise."""
    for name in ("kafka", "elasticsearch"):
        condition = stack_status(stack.folder).kafka if name == "kafka" else stack_status(stack.folder).elasticsearch
        if condition == "stopped":
            start_server(stack, name)
        elif condition == "silent":
            resume_server(stack, name)
