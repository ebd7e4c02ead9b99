"""The pods that consume: on all lanes or on one, by names that stay or that change."""

import re
from pathlib import Path

import pytest

from damsight_consumer.records import Lane
from damsight_consumer.settings import ConsumerSettings, load_settings
from drivers.helm_chart import CHART, Helm, RefusedError, Rendered

LANES = CHART / "ci" / "lanes-values.yaml"


def _settings(rendered: Rendered, component: str) -> ConsumerSettings:
    """What the program makes of a pod's variables."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in rendered.one("ConfigMap", f"-{component}")["data"].items():
            patch.setenv(name, value)
        return load_settings()


def test_without_backfill_pods_the_consumer_reads_all_lanes(helm: Helm) -> None:
    """By default there is one Deployment, and no lane is left out."""
    rendered = helm.template()
    assert "backfill" not in rendered.pods()
    assert set(_settings(rendered, "consumer").consumer.lanes) == set(Lane)


def test_each_lane_is_read_by_one_kind_of_pod(helm: Helm) -> None:
    """With backfill pods, theirs and the consumer's lanes are all lanes, none twice; the groups are of one name."""
    rendered = helm.template(values=LANES)
    consumer, backfill = (_settings(rendered, component).consumer for component in ("consumer", "backfill"))
    assert sorted([*consumer.lanes, *backfill.lanes]) == sorted(Lane)
    assert backfill.lanes == (Lane.BACKFILL,)
    assert consumer.group_id == backfill.group_id


def test_backfill_has_its_own_size_and_the_consumers_rest(helm: Helm) -> None:
    """Replicas, resources, GPU and place are the backfill's own; image, media, grace and settings the consumer's."""
    rendered = helm.template("--set", "consumer.terminationGracePeriodSeconds=45", values=LANES)
    pods = rendered.pods()
    own, consumer = pods["backfill"]["spec"], pods["consumer"]["spec"]
    assert rendered.one("Deployment", "-backfill")["spec"]["replicas"] == 2
    assert own["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert "nvidia.com/gpu" not in consumer["containers"][0]["resources"]["limits"]
    assert own["nodeSelector"] == {"accelerator": "nvidia"}
    assert own["containers"][0]["image"] == consumer["containers"][0]["image"]
    assert own["containers"][0]["livenessProbe"] == consumer["containers"][0]["livenessProbe"]
    assert own["terminationGracePeriodSeconds"] == 45
    settings = _settings(rendered, "backfill")
    assert settings.fetch.roots == (Path("/media"),)
    assert settings.consumer.events == 500
    assert settings.consumer.grace_s == 35


def test_backfill_reaches_the_encoder_service(helm: Helm) -> None:
    """Where the consumer asks the encoder service, so does the backfill, and the policy lets it in."""
    rendered = helm.template("--set", "consumer.useEncoderService=true", values=LANES)
    assert _settings(rendered, "backfill").models.url == "http://one-damsight-encoder:8081"
    peers = rendered.one("NetworkPolicy", "-encoder")["spec"]["ingress"][0]["from"]
    assert "backfill" in {peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for peer in peers}


def test_static_members_keep_their_names(helm: Helm) -> None:
    """With staticMembership a StatefulSet takes the Deployment's place, and a pod's name is its member's."""
    rendered = helm.template(values=LANES)
    assert [
        one["metadata"]["name"] for one in rendered.of_kind("Deployment") if "consumer" in str(one["metadata"])
    ] == []
    owner = rendered.one("StatefulSet", "-consumer")["spec"]
    assert (owner["podManagementPolicy"], owner["replicas"]) == ("Parallel", 3)
    assert rendered.one("Service", owner["serviceName"])["spec"]["clusterIP"] == "None"
    variables = {one["name"]: one for one in owner["template"]["spec"]["containers"][0]["env"]}
    assert variables["DAMSIGHT_CONSUMER__INSTANCE_ID"]["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAMSIGHT_CONSUMER__INSTANCE_ID", f"{owner['serviceName']}-0")
        patch.setenv("DAMSIGHT_CONSUMER__SESSION_S", variables["DAMSIGHT_CONSUMER__SESSION_S"]["value"])
        assert load_settings().consumer.instance_id == "one-damsight-consumer-0"
        # A pod loads its models before it joins again; nobody else shall get its partitions meanwhile.
        assert load_settings().consumer.session_s == 120


def test_members_that_change_have_no_name(helm: Helm) -> None:
    """A Deployment's pods are dynamic members: a name that dies with its pod would hold partitions for nobody."""
    for pod in helm.template().pods().values():
        assert "DAMSIGHT_CONSUMER__INSTANCE_ID" not in {one["name"] for one in pod["spec"]["containers"][0]["env"]}


def test_a_long_release_can_have_a_stateful_set(helm: Helm) -> None:
    """Kubernetes labels its pods with the name and a digest: together at most 63 characters."""
    owner = helm.template(values=LANES, release="a-release-with-a-very-long-name-indeed-so-it-is-cut").of_kind(
        "StatefulSet"
    )
    assert len(f"{owner[0]['metadata']['name']}-0123456789") <= 63


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--set", "consumer.staticMembership=true", "--set", "consumer.autoscaling.enabled=true"],
            "keep one of them",
        ),
        (["--set", "consumer.settings.consumer.instance_id=one"], "set consumer.staticMembership=true"),
        (["--set", "backfill.enabled=true", "--set", "consumer.settings.consumer.lanes=live"], "leave lanes out"),
        (["--set", "backfill.enabled=true", "--set", "backfill.settings.consumer.lanes=live"], "leave lanes out"),
    ],
)
def test_what_would_lose_lanes_or_members_is_refused(helm: Helm, arguments: list[str], said: str) -> None:
    """Values under which a lane would have no reader, or members would take each other's place, are refused."""
    with pytest.raises(RefusedError, match=re.escape(said)):
        helm.template(*arguments)
