"""The life of a server process: load Java into this process, open the server, wait for a signal, close it."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import jpype

from damsight_devstack.launch import Launch, read_launch
from damsight_devstack.owner_watch import OwnerWatch

STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
Close = Callable[[], None]


def run_node(open_server: Callable[[Launch], Close]) -> None:
    """Run the server that the launch file in argv[1] describes until SIGTERM, SIGINT or the owner's end.

    `open_server` returns, once the server accepts work, the function that closes it.
    """
    # Blocked before any thread exists, so that sigwait below is the only one to get them.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    watch = OwnerWatch()
    watch.start(sys.stdin.fileno())
    launch = read_launch(Path(sys.argv[1]))
    _load_java(launch)
    try:
        close = open_server(launch)
    except jpype.JException as failed:
        # The log's end is what the person is shown: the cause must stand in it.
        sys.stderr.write(f"The server did not start: {failed.stacktrace()}\n")
        sys.stderr.flush()
        os._exit(1)
    watch.serving.set()
    signal.sigwait(STOP_SIGNALS)
    close()
    # Java may hold threads that never end; everything is on disk now.
    os._exit(0)


def _load_java(launch: Launch) -> None:
    # Java names files as the locale says; in the C locale it could not open a folder with an accent in its path.
    os.environ["LC_ALL"] = "C.UTF-8"
    # -Xrs keeps Java from unblocking the stop signals in its own threads.
    jpype.startJVM(launch.libjvm, "-Xrs", *launch.jvm_options, classpath=list(launch.class_path))
