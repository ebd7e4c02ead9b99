"""The demo from its beginning to its end: servers and models, ingest, searches, page."""

import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from rich.console import Console

from damsight_cli.demonstration.backlog import uncommitted
from damsight_cli.demonstration.examples import FOLDER_WORDS, LIBRARY
from damsight_cli.demonstration.ingest import Ingested, consuming, ingest
from damsight_cli.demonstration.logs import log_to
from damsight_cli.demonstration.models import load_for_library, load_for_pictures
from damsight_cli.demonstration.outage import Outlasting
from damsight_cli.demonstration.page import serve_page
from damsight_cli.demonstration.publishing import publishing
from damsight_cli.demonstration.samples import find_samples
from damsight_cli.demonstration.searches import Example, run_examples
from damsight_cli.stack_progress import told
from damsight_consumer.records import Outcome
from damsight_consumer.settings import load_settings as consumer_settings
from damsight_devstack import Stack, running_stack
from damsight_encoders.decode import FileDecoder
from damsight_encoders.load import spaces_of_encoders
from damsight_encoders.ports import Encoders
from damsight_index import connect, create_index
from damsight_index.connection import translated
from damsight_index.errors import IndexUnavailableError
from damsight_publisher import load_settings as publisher_settings
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings, KafkaSettings
from damsight_search.bootstrap import Search, wire
from damsight_search.errors import SearchUnavailableError
from damsight_search.settings import SearchSettings
from damsight_search.settings import load_settings as search_settings
from damsight_search.vectors.query_encoder import EncodersForQueries

TERMINATED = 143


@dataclass(frozen=True)
class Choices:
    """What was asked for on the command line.

    Attributes:
        folder: Somebody's own pictures; None for the sample library.
        once: Search and exit, without the page.
        keep: Where the data stays; None for a temporary folder.
    """

    folder: Path | None
    once: bool
    port: int
    keep: Path | None

    def what(self) -> Path:
        """Return the folder, or the sample library's JSONL file.

        Raises:
            DemoError: There is no sample library.
        """
        return self.folder.absolute() if self.folder else find_samples().library

    @property
    def examples(self) -> tuple[Example, ...]:
        """The searches to try."""
        return tuple(Example(words, "") for words in FOLDER_WORDS) if self.folder else LIBRARY


def run(choices: Choices, console: Console) -> bool:
    """Run the demo; tell whether the searches of --once found something.

    Raises:
        DemoError: It cannot go on.
        StackError: A server does not start; the message says what to do.
        EncoderError: A model that the settings name cannot be loaded.
    """
    signal.signal(signal.SIGTERM, _end)
    choices.what()
    with _data_folder(choices.keep) as data, ThreadPoolExecutor(1) as pool:
        log_to(data / "demo.log")
        loading = pool.submit(_load, choices, console)
        with told(console) as on_progress, running_stack(data, revive=True, on_progress=on_progress) as stack:
            encoders = loading.result()
            return _use(choices, console, stack, encoders, data)


def _use(choices: Choices, console: Console, stack: Stack, encoders: Encoders, data: Path) -> bool:
    what = choices.what()
    roots = [what if what.is_dir() else what.parent]
    kafka = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap)
    elasticsearch = ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60)
    consumer = consumer_settings(
        kafka=kafka, elasticsearch=elasticsearch, fetch={"roots": roots}, health={"enabled": False}
    )
    publisher = publisher_settings(kafka=kafka, publish={"journal": data / "published.sqlite"})
    outlasting = Outlasting(partial(console.print, highlight=False, markup=False))
    outlasting.until_done(lambda: _create_index(stack, encoders), IndexUnavailableError, what="the index")
    with consuming(consumer, encoders, outlasting) as running:
        console.print(f"publishing {what} as events", highlight=False)
        ingested = ingest(
            publishing(what, publisher, outlasting), running, console, behind=lambda: uncommitted(consumer)
        )
        _tell(ingested, data, console)
        settings = search_settings(
            elasticsearch=elasticsearch,
            auth={"anonymous": True},
            fetch={"roots": roots},
            search={"examples": [example.words for example in choices.examples if example.words][:3]},
        )
        with _searching(settings, encoders, outlasting, console) as search:
            return _search_or_serve(choices, console, search, settings, outlasting)


@contextmanager
def _searching(
    settings: SearchSettings, encoders: Encoders, outlasting: Outlasting, console: Console
) -> Iterator[Search]:
    encoder = EncodersForQueries(encoders, FileDecoder(settings.limits))
    search = outlasting.until_done(lambda: wire(settings, encoder=encoder), SearchUnavailableError, what="the search")
    try:
        found = outlasting.until_done(
            lambda: _findable(search, settings), (IndexUnavailableError, SearchUnavailableError), what="the search"
        )
        console.print(f"{found:,} assets can be found", highlight=False)
        outlasting.until_done(search.recalibrating.look, SearchUnavailableError, what="the calibration")
        yield search
    finally:
        search.close()


def _findable(search: Search, settings: SearchSettings) -> int:
    """Make what was stored findable now, not only after the next refresh, and count it."""
    with translated("counting the index"):
        search.client.indices.refresh(index=settings.index.alias)
        return int(search.client.count(index=settings.index.alias)["count"])


def _search_or_serve(
    choices: Choices, console: Console, search: Search, settings: SearchSettings, outlasting: Outlasting
) -> bool:
    if choices.once:
        found = run_examples(search.service, choices.examples, console, outlasting)
        console.print(f"\n{found} of {len(choices.examples)} searches found something", highlight=False)
        return found == len(choices.examples) or choices.folder is not None
    serve_page(search, settings, choices.port, lambda address: _invite(address, choices, console))
    return True


def _invite(address: str, choices: Choices, console: Console) -> None:
    console.print(f"\n[bold]the search page:[/] [link={address}]{address}[/link]", highlight=False)
    console.print("try:", highlight=False)
    for example in [example for example in choices.examples if example.words][:3]:
        console.print(f"  [bold]{example.words}[/]  {example.shows}", highlight=False)
    console.print("Ctrl-C stops everything", highlight=False)


def _load(choices: Choices, console: Console) -> Encoders:
    def say(words: str) -> None:
        console.print(words, highlight=False, markup=False)

    starter = find_samples().starter
    if choices.folder is None:
        return load_for_library(starter, say)
    return load_for_pictures(starter, consumer_settings().models, say)


def _create_index(stack: Stack, encoders: Encoders) -> None:
    client = connect(ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60))
    try:
        create_index(client, IndexSettings(), spaces_of_encoders(encoders))
    finally:
        client.close()


def _tell(ingested: Ingested, data: Path, console: Console) -> None:
    if ingested.published == 0:
        console.print("nothing new to ingest", highlight=False)
        return
    rate = ingested.published / ingested.seconds
    console.print(
        f"{ingested.published:,} events in {ingested.seconds:.1f} s ({rate:.0f} a second, start included)",
        highlight=False,
    )
    failed = {outcome: count for outcome, count in ingested.counts.items() if count and outcome in _WITH_PROBLEM}
    for outcome, count in failed.items():
        console.print(f"[yellow]{count:,} {outcome.value.replace('_', ' ')}[/]: see {data / 'demo.log'}")


_WITH_PROBLEM = (Outcome.INDEXED_WITH_PROBLEM, Outcome.DEAD_LETTERED)


@contextmanager
def _data_folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.absolute()
        return
    with TemporaryDirectory(prefix="damsight-demo-", ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)


def _end(_number: int, _frame: object) -> NoReturn:
    sys.exit(TERMINATED)
