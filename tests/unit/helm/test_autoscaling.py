"""Replicas by how many events wait."""

import pytest

from damsight_consumer.bootstrap import group_of, topics_of
from damsight_consumer.records import Lane
from damsight_consumer.settings import load_settings
from drivers.helm_chart import CHART, Document, Helm, RefusedError, Rendered

AUTOSCALED = CHART / "ci" / "autoscaled-values.yaml"


def _triggers(rendered: Rendered, component: str) -> list[Document]:
    return list(rendered.one("ScaledObject", f"-{component}")["spec"]["triggers"])


def _reads(rendered: Rendered, component: str) -> set[tuple[str, str]]:
    """Group and topic of each lane that a pod reads, as its program takes them; the retry lane waits on purpose."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAMSIGHT_KAFKA__SASL_PASSWORD", "x")
        for name, value in rendered.one("ConfigMap", f"-{component}")["data"].items():
            patch.setenv(name, value)
        settings = load_settings()
    lanes = [lane for lane in settings.consumer.lanes if lane is not Lane.RETRY]
    return {(group_of(settings, lane), topic) for lane in lanes for topic in topics_of(settings, lane)}


@pytest.mark.parametrize("component", ["consumer", "backfill"])
def test_looks_at_what_the_pods_read(helm: Helm, component: str) -> None:
    """The triggers name the very groups and topics of the consumer's settings: another name would have no lag, ever."""
    rendered = helm.template(values=AUTOSCALED)
    seen = [(one["metadata"]["consumerGroup"], one["metadata"]["topic"]) for one in _triggers(rendered, component)]
    assert sorted(seen) == sorted(_reads(rendered, component))


def test_a_consumer_of_all_lanes_is_scaled_by_the_backfill_too(helm: Helm) -> None:
    """Without backfill pods the backfill lane's lag calls for consumers."""
    rendered = helm.template("--set", "backfill.enabled=false", values=AUTOSCALED)
    topics = {one["metadata"]["topic"] for one in _triggers(rendered, "consumer")}
    assert topics == {topic for _, topic in _reads(rendered, "consumer")}
    assert len(topics) == 2


def test_begins_where_the_consumer_begins(helm: Helm) -> None:
    """A group that has committed nothing has all before it; KEDA's own default, latest, would not see it."""
    rendered = helm.template(values=AUTOSCALED)
    for component in ("consumer", "backfill"):
        for trigger in _triggers(rendered, component):
            told = trigger["metadata"]
            assert (trigger["type"], told["offsetResetPolicy"]) == ("kafka", "earliest")
            assert (told["limitToPartitionsWithLag"], told["excludePersistentLag"]) == ("true", "true")


def test_reaches_kafka_as_the_consumer_does(helm: Helm) -> None:
    """Protocol, mechanism and addresses are the settings'; credentials come from the named TriggerAuthentication."""
    trigger = _triggers(helm.template(values=AUTOSCALED), "consumer")[0]
    told = trigger["metadata"]
    assert (told["tls"], told["sasl"]) == ("enable", "scram_sha512")
    assert told["bootstrapServers"] == "kafka-0:9093,kafka-1:9093"
    assert trigger["authenticationRef"] == {"name": "kafka"}
    plain = _triggers(helm.template("--set", "consumer.autoscaling.enabled=true"), "consumer")[0]
    assert plain["metadata"]["tls"] == "disable"
    assert not {"sasl", "authenticationRef"} & (set(plain) | set(plain["metadata"]))


def test_scaled_deployments_leave_their_replicas_to_keda(helm: Helm) -> None:
    """A Deployment with replicas of its own would be set back with each upgrade; the others keep theirs."""
    rendered = helm.template(values=AUTOSCALED)
    for component in ("consumer", "backfill"):
        target = rendered.one("ScaledObject", f"-{component}")["spec"]["scaleTargetRef"]
        assert "replicas" not in rendered.one(target["kind"], target["name"])["spec"]
    assert rendered.one("Deployment", "-search")["spec"]["replicas"] == 2
    bounds = {
        component: rendered.one("ScaledObject", f"-{component}")["spec"]["minReplicaCount"]
        for component in ("consumer", "backfill")
    }
    assert bounds == {"consumer": 1, "backfill": 0}


def test_nothing_is_scaled_by_default(helm: Helm) -> None:
    """A cluster without KEDA does not know its objects, so they are made only where asked for."""
    assert helm.template().of_kind("ScaledObject") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--set", "consumer.autoscaling.triggerAuthentication="],
            "consumer.autoscaling.triggerAuthentication is not set",
        ),
        (["--set", "backfill.autoscaling.minReplicas=7"], "backfill.autoscaling.minReplicas is above maxReplicas"),
    ],
)
def test_scaling_that_cannot_work_is_refused(helm: Helm, arguments: list[str], said: str) -> None:
    """KEDA without a way into Kafka, or with bounds that exclude each other, is refused with what to do."""
    with pytest.raises(RefusedError, match=said):
        helm.template(*arguments, values=AUTOSCALED)
