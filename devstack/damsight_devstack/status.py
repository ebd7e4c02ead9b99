"""Tell what runs in a folder and whether it answers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from damsight_devstack.elasticsearch_probe import is_healthy
from damsight_devstack.layout import Layout
from damsight_devstack.ports import HOST, accepts
from damsight_devstack.state import ServerIdentity, StackState, StateFile

Condition = Literal["answers", "silent", "stopped"]


@dataclass(frozen=True, slots=True)
class Stack:
    """Running servers: where they keep their data, where they listen, which processes they are."""

    folder: Path
    kafka_bootstrap: str
    elasticsearch_url: str
    kafka_pid: int
    elasticsearch_pid: int


@dataclass(frozen=True, slots=True)
class StackStatus:
    """What is true of a folder now; `stack` is there when both servers answer.

    A server "answers", is "silent" (it runs and does not answer) or is "stopped". `owned`: it ends with the process
    that started it.
    """

    folder: Path
    kafka: Condition
    elasticsearch: Condition
    stack: Stack | None
    owned: bool = False


def stack_status(folder: Path) -> StackStatus:
    """What runs in the folder, and whether it answers."""
    layout = Layout(folder.absolute())
    state = StateFile(layout.state).read()
    if state is None:
        return StackStatus(layout.folder, "stopped", "stopped", None)
    stack = stack_of(layout.folder, state)
    kafka = _condition(state.kafka, answers=accepts(state.kafka.port))
    elasticsearch = _condition(state.elasticsearch, answers=is_healthy(stack.elasticsearch_url))
    both_answer = kafka == elasticsearch == "answers"
    return StackStatus(layout.folder, kafka, elasticsearch, stack if both_answer else None, state.owned)


def stack_of(folder: Path, state: StackState) -> Stack:
    """The stack that a state describes."""
    return Stack(
        folder=folder,
        kafka_bootstrap=f"{HOST}:{state.kafka.port}",
        elasticsearch_url=f"http://{HOST}:{state.elasticsearch.port}",
        kafka_pid=state.kafka.pid,
        elasticsearch_pid=state.elasticsearch.pid,
    )


def _condition(server: ServerIdentity, *, answers: bool) -> Condition:
    if server.process() is None:
        return "stopped"
    return "answers" if answers else "silent"
