"""What the commands of `damsight dead-letters` share: the filters, the servers, and what goes wrong with them."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from damsight_consumer.letters import Letter, State, Wanted
    from damsight_consumer.ports import StoredAssets
    from damsight_consumer.postponing import Origin
    from damsight_consumer.records import Record, Unreadable
    from damsight_consumer.replay import Selection
    from damsight_consumer.settings import ConsumerSettings

_AGO = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Desk:
    """Where the letters lie, and where it can be looked up what became of their assets.

    Args:
        settings: The consumer's.
        assets: What the index holds.
    """

    def __init__(self, settings: "ConsumerSettings", assets: "StoredAssets") -> None:
        self.kafka = settings.kafka
        self.assets = assets
        self._settings = settings

    def lane_topic(self, lane: str) -> str:
        """Return the topic of a lane, live or backfill."""
        group = self._settings.consumer
        return group.topic if lane == "live" else group.backfill_topic

    def letters(self, wanted: "Wanted", *, values: bool) -> "list[Letter]":
        """Return the letters that are wanted, the newest first; one that cannot be read is told.

        Args:
            wanted: Which.
            values: With the records' values; without them very many letters can be held.
        """
        from damsight_consumer.letters import letters_of

        found = letters_of(self.kafka, wanted, tell=_tell_unreadable)
        kept = found if values else (letter.without_value() for letter in found)
        return sorted(kept, key=lambda letter: letter.at_ms, reverse=True)

    def letter(self, letter_id: str) -> "Letter | None":
        """Return the letter of an id."""
        from damsight_consumer.letters import letter_at

        return letter_at(self.kafka, letter_id)

    def states(self, letters: "Sequence[Letter]", *, needed: bool) -> "dict[str, State]":
        """Return what became of each letter's asset, by the letter's id.

        Args:
            letters: Which.
            needed: Fail where the index cannot be asked; else say so and go on without.
        """
        from damsight_consumer.errors import IndexNotReadyError, IndexUnavailableError
        from damsight_consumer.letters import State, states_of

        try:
            return states_of(self.assets, letters)
        except (IndexUnavailableError, IndexNotReadyError) as error:
            if needed:
                raise
            typer.echo(f"note: the index cannot be asked what became of the assets: {error}", err=True)
            return {letter.id: State.UNKNOWN for letter in letters}

    def selection(self, wanted: "Wanted", *, everything: bool) -> "Selection":
        """Return what of the wanted letters is to be sent again.

        Args:
            wanted: Which letters.
            everything: Even what the index holds by now.
        """
        from damsight_consumer.replay import select

        letters = self.letters(wanted, values=True)
        absent = wanted.ids - {letter.id for letter in letters}
        if absent:
            typer.echo(f"damsight dead-letters replay: there is no letter {', '.join(sorted(absent))}", err=True)
            raise typer.Exit(1)
        states = self.states(letters, needed=not everything)
        return select(letters, states, self._original, everything=everything)

    def _original(self, origin: "Origin") -> "Record | None":
        from damsight_consumer.read_topic import record_at

        return record_at(self.kafka, origin.partition, origin.offset)


@contextmanager
def at_the_desk(command: str) -> Iterator[Desk]:
    """Connect, and tell what goes wrong in one line: exit code 2 for a wrong setting, 1 for the rest.

    Args:
        command: As typed, to begin the line with.
    """
    from damsight_consumer.errors import ConsumerError, SettingsError
    from damsight_consumer.settings import load_settings
    from damsight_consumer.stored import IndexStoredAssets
    from damsight_index import connect
    from damsight_kafka import KafkaAbsentError, KafkaRefusedError, knock

    try:
        settings = load_settings()
        # At once, and not after the half minute for which the client itself tries.
        knock(settings.kafka)
        client = connect(settings.elasticsearch)
        try:
            yield Desk(settings, IndexStoredAssets(client, settings.index.write_alias))
        finally:
            client.close()
    except SettingsError as error:
        typer.echo(f"{command}: {error}", err=True)
        raise typer.Exit(2) from error
    except (ConsumerError, KafkaAbsentError, KafkaRefusedError) as error:
        typer.echo(f"{command}: {error}", err=True)
        raise typer.Exit(1) from error


def wanted_of(
    *,
    errors: list[str] | None,
    stages: list[str] | None,
    assets: list[str] | None,
    topics: list[str] | None,
    since: str | None,
    until: str | None,
    now_s: float,
    ids: list[str] | None = None,
) -> "Wanted":
    """Return the filters as typed.

    Args:
        errors: Classes.
        stages: As in `records.Stage`.
        assets: Ids.
        topics: Names.
        since: A time.
        until: A time.
        now_s: Seconds since 1970 UTC.
        ids: Of letters.

    Raises:
        typer.BadParameter: A time is none, or there is no such stage.
    """
    from damsight_consumer.letters import Wanted
    from damsight_consumer.records import Stage

    unknown = set(stages or ()) - {stage.value for stage in Stage}
    if unknown:
        raise typer.BadParameter(f"--stage takes {', '.join(Stage)} (given: {', '.join(sorted(unknown))})")
    return Wanted(
        ids=frozenset(ids or ()),
        errors=frozenset(errors or ()),
        stages=frozenset(stages or ()),
        assets=frozenset(assets or ()),
        topics=frozenset(topics or ()),
        since_ms=None if since is None else moment_ms(since, now_s),
        until_ms=None if until is None else moment_ms(until, now_s),
    )


def moment_ms(typed: str, now_s: float) -> int:
    """Return a time as typed, in milliseconds since 1970 UTC.

    Args:
        typed: How long ago (90s, 15m, 2h, 3d, 1w), or an ISO 8601 date or time; without a zone it is UTC.
        now_s: Seconds since 1970 UTC.

    Raises:
        typer.BadParameter: It is neither.
    """
    ago = re.fullmatch(r"(\d{1,6})([smhdw])", typed.strip(), re.ASCII)
    if ago is not None:
        return int((now_s - int(ago[1]) * _AGO[ago[2]]) * 1000)
    try:
        told = datetime.fromisoformat(typed.strip())
        return int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(
            f"a time is 2h or 3d (ago), 2026-11-21 or 2026-11-21T08:00:00Z (given: {typed!r})"
        ) from error


def _tell_unreadable(place: "Unreadable") -> None:
    typer.echo(
        f"note: the letter {place.receipt.partition.number}-{place.receipt.offset} cannot be read: {place.message}",
        err=True,
    )
