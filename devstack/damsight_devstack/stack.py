"""The stack as others use it: start it, use it for a block, stop it."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from damsight_devstack.alone import CHOOSE_ANOTHER, alone
from damsight_devstack.disk_faults import ROOM_NEEDED, check_room, writing
from damsight_devstack.layout import Layout
from damsight_devstack.ownership import forget, keep
from damsight_devstack.progress import OnProgress, StackProgress, silent
from damsight_devstack.revive import Reviver
from damsight_devstack.servers import Servers, start_servers
from damsight_devstack.settings import StackSettings
from damsight_devstack.state import ServerIdentity, StackState, StateFile
from damsight_devstack.status import Stack, stack_of, stack_status
from damsight_devstack.stop import stop_servers

# A server that was busy for a moment is not taken for dead.
SILENCE_ALLOWED_S = 10.0


def start_stack(folder: Path, *, settings: StackSettings | None = None, on_progress: OnProgress = silent) -> Stack:
    """Start both servers and leave them running until `stop_stack`; a running stack of the folder is returned.

    If this process is interrupted or killed before it returns, the servers end too.

    Raises:
        StackError: A fault that the message explains; nothing is left running.
    """
    layout = _layout(folder)
    with alone(layout):
        found = _find(layout, on_progress)
        if found is not None:
            return found
        servers, stack = _start(layout, settings or StackSettings.from_environment(), on_progress, owned=False)
        servers.release()
        return stack


def stop_stack(folder: Path, *, settings: StackSettings | None = None) -> bool:
    """Stop the folder's servers in order; whether any ran.

    Raises:
        StopFailedError: A server could not be ended.
    """
    if not folder.is_dir():
        return False
    layout = _layout(folder)
    with alone(layout):
        return stop_servers(layout, within_s=(settings or StackSettings.from_environment()).stop_timeout_s)


@contextmanager
def running_stack(
    folder: Path | None = None,
    *,
    owner_bound: bool = True,
    revive: bool = False,
    settings: StackSettings | None = None,
    on_progress: OnProgress = silent,
) -> Iterator[Stack]:
    """A stack for the length of a block; without a folder its data is temporary and vanishes with it.

    With `owner_bound` the servers end with this process however it ends, by SIGKILL too; without, a killed process
    leaves them running. With `revive` a server that dies within the block is started again where it was, and
    `on_progress` is told from another thread. A stack that ran in the folder before is used and left as it is.

    Raises:
        StackError: As `start_stack`.
    """
    chosen = settings or StackSettings.from_environment()
    with _folder_or_temporary(folder) as place:
        layout = _layout(place)
        with alone(layout):
            found = _find(layout, on_progress)
            started = None if found else _start(layout, chosen, on_progress, owned=owner_bound)
        if found is not None:
            yield found
        if started is not None:
            with (
                _ended_after(layout, started[0], chosen, owner_bound=owner_bound),
                _revived(layout, started[0], chosen, on_progress) if revive else nullcontext(),
            ):
                yield started[1]


@contextmanager
def _ended_after(layout: Layout, servers: Servers, settings: StackSettings, *, owner_bound: bool) -> Iterator[None]:
    try:
        if not owner_bound:
            servers.release()
        keep(layout.folder, servers)
        yield
    finally:
        with alone(layout):
            stop_servers(layout, within_s=settings.stop_timeout_s)
        forget(layout.folder)
        servers.kill()


@contextmanager
def _revived(layout: Layout, servers: Servers, settings: StackSettings, on_progress: OnProgress) -> Iterator[None]:
    reviver = Reviver(layout, servers, within_s=settings.start_timeout_s, on_progress=on_progress)
    reviver.start()
    try:
        yield
    finally:
        reviver.stop()


@contextmanager
def _folder_or_temporary(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="damsight-stack-") as temporary:
        yield Path(temporary)


def _layout(folder: Path) -> Layout:
    layout = Layout(folder.absolute())
    with writing(layout.folder, choose_another=CHOOSE_ANOTHER):
        layout.create()
    return layout


def _find(layout: Layout, on_progress: OnProgress) -> Stack | None:
    """The stack that runs in the folder, if both servers answer."""
    deadline = time.monotonic() + SILENCE_ALLOWED_S
    while True:
        status = stack_status(layout.folder)
        if status.stack is not None:
            ends = " It ends with the program that started it." if status.owned else ""
            on_progress(StackProgress("note", f"The stack in {layout.folder} runs already.{ends}"))
            return status.stack
        if "stopped" in (status.kafka, status.elasticsearch) or time.monotonic() > deadline:
            return None
        time.sleep(0.5)


def _start(layout: Layout, settings: StackSettings, on_progress: OnProgress, *, owned: bool) -> tuple[Servers, Stack]:
    before = StateFile(layout.state).read()
    # What is left of a stack that crashed would hold the locks of the data.
    if stop_servers(layout, within_s=settings.stop_timeout_s):
        on_progress(StackProgress("note", f"Stopped what was left of an earlier stack in {layout.folder}."))
    check_room(layout.folder, choose_another=CHOOSE_ANOTHER, needed=ROOM_NEEDED)
    preferred = (before.kafka.port, before.elasticsearch.port) if before else None
    servers = start_servers(layout, settings, preferred=preferred, on_progress=on_progress)
    kafka, elasticsearch = servers.running["kafka"], servers.running["elasticsearch"]
    try:
        state = StackState(
            kafka=ServerIdentity.of(kafka.pid, kafka.port),
            elasticsearch=ServerIdentity.of(elasticsearch.pid, elasticsearch.port),
            owned=owned,
        )
        with writing(layout.folder, choose_another=CHOOSE_ANOTHER):
            StateFile(layout.state).write(state)
    except BaseException:
        servers.kill()
        raise
    return servers, stack_of(layout.folder, state)
