"""Dead letters and their replay, as a person or a program reads them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from damsight_cli.dead_letters_replay import Report
from damsight_consumer.letters import Letter, State, remedy_of
from damsight_consumer.replay import Ending, Selection, Skipped
from damsight_schemas.errors import EventError
from damsight_schemas.events import parse_event

_LONGEST_MESSAGE = 100
_LONGEST_VALUE = 2000
_PLAIN_WIDTH = 240
_STATES = {
    State.INDEXED: "indexed since",
    State.DELETED: "deleted since",
    State.INCOMPLETE: "words only",
    State.NEWER_INCOMPLETE: "newer, words only",
    State.OLDER: "older revision",
    State.MISSING: "not indexed",
    State.UNKNOWN: "?",
}


def print_letters(letters: Sequence[Letter], states: Mapping[str, State], *, limit: int, as_json: bool) -> None:
    """Print letters, the newest first, and how many there are of each class."""
    listed = letters[: limit or None]
    counts = Counter(letter.error for letter in letters)
    if as_json:
        for letter in listed:
            typer.echo(json.dumps(_as_data(letter, states[letter.id])))
        typer.echo(json.dumps({"letters": len(letters), "listed": len(listed), "classes": dict(counts.most_common())}))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        # In a file or a pipe nobody can make the window wider.
        console = Console(highlight=False, width=_PLAIN_WIDTH)
    if not letters:
        console.print("No dead letters.")
        return
    console.print(_table(listed, states))
    classes = ", ".join(f"{count:,} {error or '?'}" for error, count in counts.most_common())
    console.print(Text(_printable(f"{len(letters):,} letters, {len(listed):,} listed: {classes}")), soft_wrap=True)


def _table(letters: Sequence[Letter], states: Mapping[str, State]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "time (UTC)", "asset", "revision", "stage", "class", "tries", "now", "message"):
        right = heading in ("revision", "tries")
        table.add_column(heading, justify="right" if right else "left", no_wrap=heading in ("id", "asset", "class"))
    for letter in letters:
        cells = (
            letter.id, _time(letter.at_ms)[:19], letter.asset_id or "?", _or_unknown(letter.revision), letter.stage,
            letter.error, str(letter.attempts), _STATES[states[letter.id]], _short(letter.message),
        )  # fmt: skip
        table.add_row(*(Text(_printable(cell)) for cell in cells))
    return table


def print_letter(letter: Letter, state: State, *, as_json: bool) -> None:
    """Print all that is known of one letter."""
    event, reason = _event(letter)
    if as_json:
        headers = [[name, _text(value)] for name, value in letter.record.headers]
        more = {"headers": headers, "event": event, "event_problem": reason, "what_to_do": remedy_of(letter)}
        typer.echo(json.dumps({**_as_data(letter, state), **more}, indent=2))
        return
    tries = "1 try" if letter.attempts == 1 else f"{letter.attempts} tries"
    lines = [
        f"letter    {letter.id}, written {_time(letter.at_ms)}",
        f"asset     {letter.asset_id or '?'}, revision {_or_unknown(letter.revision)}; in the index: {_STATES[state]}",
        f"failed    at {letter.stage or '?'} with {letter.error or '?'} after {tries}",
        f"message   {letter.message}",
        f"to do     {remedy_of(letter)}",
        f"origin    {_origin(letter)}" + (" (this letter is a pointer to it)" if letter.pointer else ""),
        f"key       {_text(letter.record.key)}",
        "headers",
        *(f"  {name}: {_text(value)}" for name, value in letter.record.headers),
        "event" if event is not None else f"event     cannot be read: {reason}",
    ]
    for line in lines:
        typer.echo(_printable(line))
    if event is not None:
        typer.echo(json.dumps(event, indent=2, ensure_ascii=False))
    elif letter.record.value:
        typer.echo(_printable(_text(letter.record.value)))


def print_dry_run(selection: Selection, topic: str, *, as_json: bool) -> None:
    """Print what would be sent, and what would not."""
    if as_json:
        sent = [{**_brief(one.letter), "topic": topic, "bytes": len(one.value or b"")} for one in selection.chosen]
        typer.echo(json.dumps({"would_send": sent, "skipped": _skipped_data(selection.skipped)}))
        return
    for one in selection.chosen:
        what = f"{one.asset_id or '?'} revision {_or_unknown(one.letter.revision)}"
        typer.echo(_printable(f"would send {one.letter.id}: {what}, {len(one.value or b''):,} bytes, to {topic}"))
    _tell_skipped(selection.skipped)
    typer.echo(f"{len(selection.chosen):,} would be sent, {len(selection.skipped):,} not; nothing was sent")


def print_replay(report: Report, *, as_json: bool) -> None:
    """Print how each replayed event ended."""
    counts = Counter(one.ending for one in report.ended)
    told = {ending.value: counts[ending] for ending in Ending}
    if as_json:
        assets = [
            {**_brief(one.replayed.letter), "ending": one.ending.value, "message": one.words,
             "new_letter": one.letter.id if one.letter else None}
            for one in report.ended
        ]  # fmt: skip
        summary = {"topic": report.topic, "sent": len(report.ended), "waited": report.waited, **told}
        typer.echo(json.dumps({**summary, "assets": assets, "skipped": _skipped_data(report.skipped)}))
        return
    _tell_skipped(report.skipped)
    for one in report.ended:
        if one.ending is not Ending.WELL and report.waited:
            again = f" (letter {one.letter.id})" if one.letter else ""
            which = f"{one.replayed.letter.id} {one.replayed.asset_id or '?'}"
            typer.echo(_printable(f"{one.ending.value.replace('_', ' ')}: {which}{again}: {one.words}"))
    ends = ", ".join(f"{count:,} {ending.replace('_', ' ')}" for ending, count in told.items())
    typer.echo(f"sent {len(report.ended):,} to {report.topic}" + (f": {ends}" if report.waited else ""))


def _tell_skipped(skipped: Sequence[Skipped]) -> None:
    for one in skipped:
        typer.echo(_printable(f"not sent: {one.letter.id} {one.letter.asset_id or '?'}: {one.reason}"), err=one.lost)


def _skipped_data(skipped: Sequence[Skipped]) -> list[dict[str, Any]]:
    return [{**_brief(one.letter), "reason": one.reason, "lost": one.lost} for one in skipped]


def _brief(letter: Letter) -> dict[str, Any]:
    return {"id": letter.id, "asset_id": letter.asset_id, "revision": letter.revision}


def _as_data(letter: Letter, state: State) -> dict[str, Any]:
    origin = letter.origin
    place = None if origin is None else {
        "topic": origin.partition.topic, "partition": origin.partition.number, "offset": origin.offset,
    }  # fmt: skip
    return {
        **_brief(letter), "time": _time(letter.at_ms), "stage": letter.stage, "error": letter.error,
        "message": letter.message, "attempts": letter.attempts, "state": state.value, "open": not state.is_well,
        "pointer": letter.pointer, "replay_of": letter.replay_of, "origin": place,
    }  # fmt: skip


def _event(letter: Letter) -> tuple[Any, str]:
    if letter.pointer:
        return None, "it was too large for the dead letters; it lies where it first lay"
    if letter.is_empty:
        return None, "there is no value"
    try:
        event = parse_event(letter.record.value, letter.record.headers)
    except EventError as error:
        return None, str(error)
    return event.model_dump(mode="json", exclude_none=True), ""


def _origin(letter: Letter) -> str:
    return f"{letter.origin.partition} at offset {letter.origin.offset:,}" if letter.origin else "not told"


def _time(at_ms: int) -> str:
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError, OSError):
        # A producer may write any number.
        return f"{at_ms} ms"


def _or_unknown(revision: int | None) -> str:
    return "?" if revision is None else str(revision)


def _text(value: bytes | None) -> str:
    if value is None:
        return ""
    more = f" ... ({len(value):,} bytes)" if len(value) > _LONGEST_VALUE else ""
    return value[:_LONGEST_VALUE].decode("utf-8", "backslashreplace") + more


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 1] + "…"


def _printable(line: str) -> str:
    """Return a line without what would command a terminal; headers and messages come from anybody."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in line)
