"""Everything that the doctor looks at, in the order in which one thing needs the other."""

from collections.abc import Iterator

from damsight_cli.examination.finding import Finding
from damsight_cli.examination.machine import (
    examine_codecs,
    examine_disk,
    examine_gpu,
    examine_java,
    examine_python,
)
from damsight_cli.examination.models import examine_loading, examine_models
from damsight_cli.examination.servers import examine_elasticsearch, examine_kafka, examine_local_stack
from damsight_cli.examination.settings import examine_settings


def examine(*, load: bool) -> Iterator[Finding]:
    """Yield findings as they are made.

    Args:
        load: Load the models too, which takes seconds to minutes.
    """
    yield from examine_python()
    yield from examine_codecs()
    yield from examine_java()
    yield from examine_disk()
    yield from examine_local_stack()
    findings, settings = examine_settings()
    yield from findings
    if settings is None:
        return
    yield from examine_gpu(settings.models.device)
    kafka_set = "bootstrap_servers" in settings.kafka.model_fields_set
    yield from examine_kafka(settings.kafka, was_set=kafka_set)
    url_set = "url" in settings.elasticsearch.model_fields_set
    findings, live = examine_elasticsearch(settings.elasticsearch, settings.index, was_set=url_set)
    yield from findings
    yield from examine_models(settings.models)
    if load:
        yield from examine_loading(settings.models, live)
