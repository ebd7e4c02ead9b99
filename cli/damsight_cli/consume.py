"""`damsight consume`: turns asset events into documents until it is told to stop."""

import json
import os
import signal
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from damsight_consumer.pipeline import Consumer

# sysexits.h: an internal software error. The orchestrator starts a new process.
STALLED = 70


def command(
    until_idle_s: Annotated[
        float | None,
        typer.Option("--until-idle", help="Stop when nothing came for so many seconds.", min=1, metavar="SECONDS"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="When it ends, print the counts as JSON.")] = False,
) -> None:
    """Consume asset events: fetch, decode and encode each picture, and store it with its words in Elasticsearch.

    Settings come from the environment: DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS, DAMSIGHT_ELASTICSEARCH__URL,
    DAMSIGHT_INDEX__ALIAS, DAMSIGHT_MODELS__JOINT and __CAPTION, DAMSIGHT_FETCH__ROOTS (folders that file:// may read),
    DAMSIGHT_FETCH__PRIVATE_HOSTS, DAMSIGHT_CONSUMER__GROUP_ID, DAMSIGHT_HEALTH__PORT, DAMSIGHT_LOG__LEVEL, ...
    It stops on SIGTERM and Ctrl-C: what is under way is finished and committed, the rest comes again.

    Examples: damsight consume · DAMSIGHT_FETCH__ROOTS=/mnt/media damsight consume --until-idle 10 --json
    """
    from damsight_consumer.bootstrap import build_consumer
    from damsight_consumer.errors import ConsumerError, SettingsError
    from damsight_consumer.interpreter import let_nothing_stop_the_world
    from damsight_consumer.settings import load_settings
    from damsight_consumer.telemetry import configure_logging
    from damsight_encoders.errors import EncoderError

    try:
        settings = load_settings()
        configure_logging(settings.log.level, json=settings.log.json_lines)
        consumer = build_consumer(settings, on_stall=_end_stalled)
        let_nothing_stop_the_world()
        _stop_on_signals(consumer)
        _stop_when_idle(consumer, until_idle_s)
        consumer.run()
    except SettingsError as error:
        typer.echo(f"damsight consume: {error}", err=True)
        raise typer.Exit(2) from error
    except (ConsumerError, EncoderError) as error:
        typer.echo(f"damsight consume: {error}", err=True)
        raise typer.Exit(1) from error
    _tell(consumer, as_json=as_json)


def _end_stalled(seconds: float) -> None:
    typer.echo(f"damsight consume: the poll loop stands still for {seconds:.0f} s; ending the process", err=True)
    # Not sys.exit: what hangs would hang the exit too, and the partitions must go to another member.
    os._exit(STALLED)


def _stop_on_signals(consumer: "Consumer") -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        consumer.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _stop_when_idle(consumer: "Consumer", seconds: float | None) -> None:
    if seconds is None:
        return

    def watch() -> None:
        last, since = -1, time.monotonic()
        while time.monotonic() - since < seconds:
            time.sleep(0.2)
            done = sum(consumer.counts().values())
            if done != last or consumer.in_flight() > 0 or not consumer.has_partitions():
                last, since = done, time.monotonic()
        consumer.stop()

    threading.Thread(target=watch, name="until-idle", daemon=True).start()


def _tell(consumer: "Consumer", *, as_json: bool) -> None:
    counts = {outcome.value: count for outcome, count in consumer.counts().items()}
    if as_json:
        typer.echo(json.dumps(counts))
        return
    for outcome, count in counts.items():
        typer.echo(f"{outcome:>22}  {count:,}")
