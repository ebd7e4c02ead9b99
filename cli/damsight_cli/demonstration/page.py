"""Serves the search page of the demo until it is stopped."""

import socket
from collections.abc import Callable

import uvicorn

from damsight_search.api.app import create_app
from damsight_search.bootstrap import Search
from damsight_search.settings import SearchSettings

HOST = "127.0.0.1"
# A cursor in an address is longer than the 16 KiB of headers that the server takes by default.
LONGEST_HEADERS = 128 * 1024


def serve_page(search: Search, settings: SearchSettings, port: int, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C.

    Args:
        search: Answers the page.
        settings: Who may ask, and where previews are read from.
        port: The wanted one; where it is taken, a free one is used.
        ready: Told the page's address.
    """
    with _listening(port) as listening:
        ready(f"http://{HOST}:{listening.getsockname()[1]}/")
        config = uvicorn.Config(
            create_app(search.service, settings, search.features),
            log_level="warning",
            server_header=False,
            h11_max_incomplete_event_size=LONGEST_HEADERS,
        )
        uvicorn.Server(config).run(sockets=[listening])


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError:
        return socket.create_server((HOST, 0))
