"""Kafka and Elasticsearch: whether they answer, and whether they hold what damsight needs."""

from typing import TYPE_CHECKING

from damsight_cli.examination.finding import Finding, fail, is_installed, ok, warn
from damsight_schemas import topics
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings, KafkaSettings

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from damsight_index import Generation

START = "`damsight stack up` starts local ones; `make demo` shows everything"
OLDEST_ELASTICSEARCH = 9
OLDEST_KAFKA = 2


def examine_kafka(kafka: KafkaSettings, *, was_set: bool) -> list[Finding]:
    """Whether Kafka answers, and which of our topics it has.

    Args:
        kafka: How to reach it.
        was_set: Somebody named the address; nobody at the default one is no fault.
    """
    if not is_installed("kafka"):
        return [warn("kafka", "kafka-python is not installed", "to consume: pip install 'damsight[consumer]'")]
    from damsight_cli.examination.kafka_view import KafkaUnseenError, look_at_kafka

    try:
        view = look_at_kafka(kafka)
    except KafkaUnseenError as error:
        if error.refused:
            return [fail("kafka", str(error), "correct the settings that it names")]
        return [
            _absent("kafka", kafka.bootstrap_servers, str(error), "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS", was_set=was_set)
        ]
    found = f"Kafka {view.version} at {kafka.bootstrap_servers}, {view.brokers} broker(s), cluster {view.cluster}"
    if int(view.version.partition(".")[0]) < OLDEST_KAFKA:
        return [fail("kafka", found, "take Kafka 2.0 or newer")]
    return [ok("kafka", found), _topics(view.partitions)]


def examine_elasticsearch(
    server: ElasticsearchSettings, index: IndexSettings, *, was_set: bool
) -> "tuple[list[Finding], Generation | None]":
    """Whether Elasticsearch answers and the index is there; also the live generation, where there is one."""
    from damsight_index import connect, generations, translated
    from damsight_index.errors import IndexAccessError, SearchIndexError

    client = connect(server)
    try:
        with translated("looking at Elasticsearch"):
            findings = _cluster(client, server.url)
        found = generations(client, index)
    except IndexAccessError as error:
        return [fail("elasticsearch", str(error), "correct the credentials")], None
    except SearchIndexError as error:
        return [_absent("elasticsearch", server.url, str(error), "DAMSIGHT_ELASTICSEARCH__URL", was_set=was_set)], None
    finally:
        client.close()
    live = next((one for one in found if one.live), None)
    return [*findings, _index(index.alias, live, len(found))], live


def examine_local_stack() -> list[Finding]:
    """Whether servers of `damsight stack up` run, which may listen elsewhere than the settings say."""
    if not is_installed("jgo", "psutil"):
        return []
    from damsight_devstack import StackError, StackSettings, stack_status

    try:
        status = stack_status(StackSettings.from_environment().folder)
    except StackError as error:
        return [fail("local stack", str(error), "correct the settings that it names")]
    if status.stack is None:
        return [ok("local stack", f"none runs ({status.folder})")]
    found = f"Kafka at {status.stack.kafka_bootstrap}, Elasticsearch at {status.stack.elasticsearch_url}"
    return [ok("local stack", f'{found}; eval "$(damsight stack up | grep ^export)" makes them the ones to use')]


def _cluster(client: "Elasticsearch", url: str) -> list[Finding]:
    # The root address tells the version too, but not every server has it; this every server has.
    nodes = client.nodes.info(filter_path="nodes.*.version").body["nodes"].values()
    versions = sorted({node["version"] for node in nodes})
    health = client.cluster.health().body["status"]
    found = f"Elasticsearch {', '.join(versions)} at {url}, {len(nodes)} node(s), {health}"
    if int(versions[0].partition(".")[0]) < OLDEST_ELASTICSEARCH:
        return [fail("elasticsearch", found, f"take Elasticsearch {OLDEST_ELASTICSEARCH} or newer")]
    if health == "red":
        return [fail("elasticsearch", found, "a primary shard is missing: look at _cluster/allocation/explain")]
    if health == "yellow":
        return [warn("elasticsearch", found, "replicas have no node: add one, or set DAMSIGHT_INDEX__REPLICAS=0")]
    return [ok("elasticsearch", found)]


def _index(alias: str, live: "Generation | None", generations: int) -> Finding:
    if live is None:
        there = f"{generations} generation(s) and none is live" if generations else "not there"
        return warn("index", f"{alias}: {there}", "`damsight index create` makes it")
    spaces = ", ".join(f"{field}: {space}" for field, space in live.spaces.fields().items()) or "no vectors"
    return ok("index", f"{alias}: {live.name} holds {live.assets:,} assets; {spaces}")


def _topics(partitions: dict[str, int]) -> Finding:
    there = [name for name in topics.EVERY if name in partitions]
    if topics.ASSETS not in there:
        return warn(
            "topics", f"{topics.ASSETS} is not there", "the first `damsight publish` or `damsight consume` makes it"
        )
    return ok("topics", ", ".join(f"{name} ({partitions[name]})" for name in there))


def _absent(check: str, address: str, error: str, setting: str, *, was_set: bool) -> Finding:
    if was_set:
        return fail(check, error, f"correct {setting}, or start the server; {START}")
    return warn(check, f"none at {address}, the default", f"set {setting}; {START}")
