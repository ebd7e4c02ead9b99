"""The search page: server-rendered, usable without scripts, quicker with them."""

from damsight_search.ui.mount import mount_page
from damsight_search.ui.parts import Page

__all__ = ["Page", "mount_page"]
