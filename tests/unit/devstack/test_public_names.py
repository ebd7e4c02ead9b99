import subprocess
import sys

import pytest

import damsight_devstack
from damsight_devstack import StackError, errors


def test_the_public_names_are_these() -> None:
    """Others build on these names: a change of the list is a change of the contract."""
    assert damsight_devstack.__all__ == [
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
    assert all(getattr(damsight_devstack, name) for name in damsight_devstack.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """The lazily filled package refuses unknown names as any module does."""
    with pytest.raises(AttributeError, match="no attribute 'stak'"):
        _ = damsight_devstack.stak


def test_every_error_is_one_tree() -> None:
    """Catching StackError catches every error of the package."""
    kinds = [value for value in vars(errors).values() if isinstance(value, type)]
    assert len(kinds) > 8
    assert all(issubclass(kind, StackError) for kind in kinds)


def test_a_servers_process_imports_little() -> None:
    """A server's process does not load the clients and settings of the commands: it would only cost start time."""
    program = (
        "import sys, damsight_devstack.node_process;"
        "print([name for name in ('httpx', 'kafka', 'pydantic') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
