import errno
from pathlib import Path

import pytest

from damsight_devstack import running_stack, stack
from damsight_devstack.disk_faults import check_room, writing
from damsight_devstack.errors import DiskFullError, FolderNotUsableError


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_or_quota_is_told_apart(code: int) -> None:
    """A write that the system refuses for want of room is a full disk, and the way out is named."""
    with (
        pytest.raises(DiskFullError, match=r"/data is full.*--folder"),
        writing(Path("/data"), choose_another="--folder"),
    ):
        raise OSError(code, "no room")


def test_a_real_full_device_is_recognised() -> None:
    """What Linux says of /dev/full, where every write fails, is understood as a full disk."""
    with pytest.raises(DiskFullError), writing(Path("/dev"), choose_another="--folder"):
        Path("/dev/full").write_bytes(b"x")


def test_another_refusal_is_not_called_a_full_disk() -> None:
    """A write refused for its rights is told as such."""
    with pytest.raises(FolderNotUsableError, match="Correct its rights"), writing(Path("/d"), choose_another="-f"):
        raise PermissionError(errno.EACCES, "denied")


def test_too_little_room_stops_a_start_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start on a disk without room for the servers says so before anything runs, with both numbers."""
    monkeypatch.setattr(stack, "ROOM_NEEDED", 1 << 60)
    with pytest.raises(DiskFullError, match=r"MB left and \d+ MB are needed"), running_stack(tmp_path):
        pytest.fail("nothing may start")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A stack's folder under a plain file is refused by name."""
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(FolderNotUsableError, match="file/stack cannot be written"),
        running_stack(tmp_path / "file/stack"),
    ):
        pytest.fail("nothing may start")


def test_enough_room_passes(tmp_path: Path) -> None:
    """A disk with the room asked for is no fault."""
    check_room(tmp_path, choose_another="--folder", needed=1)
