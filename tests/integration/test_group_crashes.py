"""Consumers that are killed, and what the next one knows of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from damsight_consumer.records import Record
from damsight_devstack import Stack
from drivers.group_members import Group, group_of, take

pytestmark = pytest.mark.integration

PROCESS = Path(__file__).parents[1] / "drivers" / "member_process.py"


def killed_after(group: Group, count: int, *, ends: int = 0) -> list[tuple[int, int]]:
    """Run a member until it has taken so many records, kill it, and return their offsets and whether suspect."""
    command = [sys.executable, str(PROCESS), group.kafka.bootstrap_servers, group.topic, str(ends)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline().split() for _ in range(count)]
        finally:
            process.kill()
    return [(int(offset), int(suspect)) for offset, suspect in lines]


def test_what_two_processes_were_killed_over_is_suspect(stack: Stack) -> None:
    """SIGKILL in the middle, twice: the third owner is warned of what was open, and once it is passed of nothing."""
    with group_of(stack) as group:
        group.send(*(b"%d" % number for number in range(6)))
        assert killed_after(group, 6, ends=2) == [(offset, 0) for offset in range(6)]
        assert killed_after(group, 4) == [(offset, 0) for offset in range(2, 6)]
        third = group.member(instance_id="killed")
        records = [record for record in take(third, 4) if isinstance(record, Record)]
        assert [(record.receipt.offset, record.suspect) for record in records] == [(n, True) for n in range(2, 6)]
        for record in records:
            third.done(record.receipt)
        third.commit(wait=True)
        group.send(b"new")
        (fresh,) = take(third, 1)
        third.close()
        assert isinstance(fresh, Record)
        assert not fresh.suspect
        assert killed_after(group, 1) == [(6, 0)]
        assert killed_after(group, 1) == [(6, 0)]
        assert killed_after(group, 1) == [(6, 1)]
