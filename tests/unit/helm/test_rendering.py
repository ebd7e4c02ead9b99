"""What the chart renders, for each of its value files."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml

from drivers.helm_chart import CHART, KUBERNETES, Helm, RefusedError, Rendered

VALUE_FILES = sorted((CHART / "ci").glob("*-values.yaml"))
FULL = CHART / "ci" / "full-values.yaml"
CUSTOM = json.loads(Path(__file__).with_name("custom_resources.schema.json").read_text())["$defs"]
by_file = pytest.mark.parametrize("values", VALUE_FILES, ids=lambda path: path.stem)


@by_file
def test_lints(helm: Helm, values: Path) -> None:
    """Helm's own linter finds nothing, warnings included."""
    said = helm.run("lint", "--strict", str(CHART), "--kube-version", KUBERNETES, "--values", str(values))
    assert "0 chart(s) failed" in said


@by_file
def test_kubernetes_takes_every_object(helm: Helm, values: Path) -> None:
    """Each object keeps the schema of the Kubernetes API, with no field that the API does not know.

    Objects of KEDA and of the Prometheus operator keep a part of their definitions: the fields that the chart uses.
    """
    for found in helm.template(values=values).objects:
        if found["kind"] in CUSTOM:
            jsonschema.validate(found, CUSTOM[found["kind"]])
        else:
            kubernetes_validate.validate(found, KUBERNETES, strict=True)


@by_file
def test_pods_are_locked_down(helm: Helm, values: Path) -> None:
    """No pod runs as root, writes to its image, keeps a capability or holds a token of the cluster."""
    for component, pod in helm.template(values=values).pods().items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, component
        assert spec["securityContext"]["runAsNonRoot"] is True, component
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, component
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, container["name"]
            assert container["resources"]["limits"]["memory"], container["name"]
            assert container["resources"]["requests"]["cpu"], container["name"]


@by_file
def test_everything_named_is_there(helm: Helm, values: Path) -> None:
    """What pods, ingresses and budgets refer to is in the same release, or named by the values."""
    rendered = helm.template(values=values)
    given = yaml.safe_load(values.read_text())
    outside = {("Secret", given.get("secrets", {}).get("existingSecret")), ("ServiceAccount", "existing")}
    known = rendered.names() | outside
    for pod in rendered.pods().values():
        assert ("ServiceAccount", pod["spec"]["serviceAccountName"]) in known
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        for container in [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
            for source in container["envFrom"]:
                assert ("ConfigMap", source["configMapRef"]["name"]) in known
    for ingress in rendered.of_kind("Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                assert ("Service", path["backend"]["service"]["name"]) in known


@by_file
def test_selectors_meet_exactly_their_own_pods(helm: Helm, values: Path) -> None:
    """Each Deployment, Service, budget and policy selects the pods of one component, and of no other."""
    rendered = helm.template(values=values)
    labels = {component: pod["metadata"]["labels"] for component, pod in rendered.pods().items()}
    for found in rendered.objects:
        spec = found.get("spec", {})
        selector = spec.get("podSelector") or spec.get("selector")
        if not selector or found["kind"] == "PodMonitor":
            continue
        wanted = selector.get("matchLabels", selector).items()
        met = [component for component, own in labels.items() if wanted <= own.items()]
        assert met == [found["metadata"]["labels"]["app.kubernetes.io/component"]], found["metadata"]["name"]


@by_file
def test_services_and_probes_meet_the_ports(helm: Helm, values: Path) -> None:
    """A Service's target and a probe's port are names that the container opens."""
    rendered = helm.template(values=values)
    opened = {}
    for component, pod in rendered.pods().items():
        container = pod["spec"]["containers"][0]
        opened[component] = {port["name"] for port in container.get("ports", [])}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if component != "index":
                assert container[probe]["httpGet"]["port"] in opened[component], (component, probe)
    for service in rendered.of_kind("Service"):
        component = service["spec"]["selector"]["app.kubernetes.io/component"]
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= opened[component]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("press", "archive"),
        ("damsight", "damsight-2"),
        (
            "a-release-with-a-very-long-name-indeed-so-it-is-cut-1",
            "a-release-with-a-very-long-name-indeed-so-it-is-cut-2",
        ),
    ],
)
def test_two_releases_share_a_namespace(helm: Helm, first: str, second: str) -> None:
    """No object of one release has the name of another's, however long the releases' names are."""
    one = helm.template(values=FULL, release=first).names()
    two = helm.template(values=FULL, release=second).names()
    assert not one & two
    assert max(len(name) for _, name in one | two) <= 63


def test_index_job_follows_its_content(helm: Helm) -> None:
    """Nothing changed: the same Job, which helm leaves alone. Something changed: another one, as a Job is immutable."""
    first, again = helm.template(), helm.template()
    other = helm.template("--set", "settings.index.shards=2")
    assert first.names() == again.names()
    assert first.of_kind("Job")[0]["metadata"]["name"] != other.of_kind("Job")[0]["metadata"]["name"]


@pytest.mark.parametrize("component", ["consumer", "search"])
def test_waits_for_the_index(helm: Helm, component: str) -> None:
    """Consumer and search API start only when the index is there."""
    waiting = helm.template().pods()[component]["spec"]["initContainers"][0]
    assert "damsight index status" in waiting["command"][-1]


def test_no_hooks(helm: Helm) -> None:
    """Nothing hangs on helm's hooks: with --wait, pods that wait for a post-install Job would never be ready."""
    hooks = [
        one for one in helm.template(values=FULL).objects if "helm.sh/hook" in one["metadata"].get("annotations", {})
    ]
    assert hooks == []


def test_changed_settings_make_new_pods(helm: Helm) -> None:
    """A pod's annotations change with its own settings and secrets, and with no other component's."""

    def annotations(*arguments: str) -> dict[str, dict[str, str]]:
        return {name: pod["metadata"]["annotations"] for name, pod in helm.template(*arguments).pods().items()}

    before = annotations()
    fetching = annotations("--set", "consumer.settings.fetch.timeout_s=7")
    signing = annotations("--set", "secrets.values.auth.secret=0123456789abcdef0123456789abcdef")
    assert {name for name in before if before[name] != fetching[name]} == {"consumer"}
    assert {name for name in before if before[name] != signing[name]} == {"search"}


def test_whole_numbers_stay_whole(helm: Helm) -> None:
    """A large number reaches the program as digits, not as 2e+08."""
    rendered = helm.template("--set", "consumer.settings.limits.max_pixels=200000000")
    assert rendered.one("ConfigMap", "-consumer")["data"]["DAMSIGHT_LIMITS__MAX_PIXELS"] == "200000000"


def test_gpu_is_asked_for(helm: Helm) -> None:
    """With gpu.enabled a consumer holds a GPU, and its replacement does not need a second one."""
    consumer = helm.template(values=FULL).one("Deployment", "-consumer")
    container = consumer["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert consumer["spec"]["template"]["spec"]["runtimeClassName"] == "nvidia"
    assert consumer["spec"]["strategy"]["rollingUpdate"]["maxSurge"] == 0


def test_search_asks_the_encoder_service(helm: Helm) -> None:
    """The search API finds this release's encoder service; the consumer does where it is told to."""
    service = "http://one-damsight-encoder:8081"
    plain = helm.template()
    remote = helm.template("--set", "consumer.useEncoderService=true")
    assert plain.one("ConfigMap", "-search")["data"]["DAMSIGHT_MODELS__URL"] == service
    assert "DAMSIGHT_MODELS__URL" not in plain.one("ConfigMap", "-consumer")["data"]
    assert remote.one("ConfigMap", "-consumer")["data"]["DAMSIGHT_MODELS__URL"] == service
    assert remote.one("ConfigMap", "-index")["data"]["DAMSIGHT_MODELS__URL"] == service


def _secrets(rendered: Rendered, component: str) -> set[str]:
    env = rendered.pods()[component]["spec"]["containers"][0]["env"]
    return {variable["name"] for variable in env if "secretKeyRef" in variable.get("valueFrom", {})}


def test_secrets_go_only_where_they_are_needed(helm: Helm) -> None:
    """The signing secret reaches the search API alone, Kafka's password the consumer alone; no ConfigMap holds one."""
    rendered = helm.template(values=FULL)
    with_auth = {name for name in rendered.pods() if "DAMSIGHT_AUTH__SECRET" in _secrets(rendered, name)}
    with_kafka = {name for name in rendered.pods() if "DAMSIGHT_KAFKA__SASL_PASSWORD" in _secrets(rendered, name)}
    assert (with_auth, with_kafka) == ({"search"}, {"consumer"})
    secret_names = set(rendered.of_kind("Secret")[0]["data"])
    for config in rendered.of_kind("ConfigMap"):
        assert not secret_names & set(config["data"]), config["metadata"]["name"]


def test_replicas_share_a_cursor_secret(helm: Helm) -> None:
    """Without a secret for cursors the chart makes one from the signing secret: the same for all replicas, always."""
    given = ("--set", "secrets.values.auth.secret=0123456789abcdef0123456789abcdef")
    first, again = (helm.template(*given).of_kind("Secret")[0]["data"] for _ in range(2))
    assert first["DAMSIGHT_SEARCH__CURSOR_SECRET"] == again["DAMSIGHT_SEARCH__CURSOR_SECRET"]
    assert first["DAMSIGHT_SEARCH__CURSOR_SECRET"] != first["DAMSIGHT_AUTH__SECRET"]


def test_existing_secret_is_used(helm: Helm) -> None:
    """With existingSecret the chart makes no Secret and reads the given one."""
    rendered = helm.template(values=CHART / "ci" / "search-only-values.yaml")
    assert rendered.of_kind("Secret") == []
    env = rendered.pods()["search"]["spec"]["containers"][0]["env"]
    assert {one["valueFrom"]["secretKeyRef"]["name"] for one in env} == {"damsight-credentials"}


def test_policies_close_the_encoder(helm: Helm) -> None:
    """Only this release's own pods reach its encoder service; the consumer takes metrics readers alone."""
    rendered = helm.template(values=FULL)
    peers = rendered.one("NetworkPolicy", "-encoder")["spec"]["ingress"][0]["from"]
    assert {peer["podSelector"]["matchLabels"]["app.kubernetes.io/instance"] for peer in peers} == {"one"}
    assert rendered.one("NetworkPolicy", "-index")["spec"]["ingress"] == []
    default = helm.template("--set", "networkPolicy.enabled=true")
    assert default.one("NetworkPolicy", "-consumer")["spec"]["ingress"] == []
    assert default.one("NetworkPolicy", "-consumer")["spec"]["policyTypes"] == ["Ingress"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "settings.kafka.bootstrap_servers="], "settings.kafka.bootstrap_servers is not set"),
        (["--set", "settings.elasticsearch.url="], "settings.elasticsearch.url is not set"),
        (
            ["--set", "consumer.useEncoderService=true", "--set", "encoder.enabled=false"],
            "enable the encoder service",
        ),
        (
            ["--set", "secrets.existingSecret=mine", "--set", "secrets.values.models.api_key=x"],
            "keep one of them",
        ),
    ],
)
def test_values_that_cannot_work_are_refused(helm: Helm, arguments: list[str], said: str) -> None:
    """What no schema can tell is refused by the templates, with what to do."""
    with pytest.raises(RefusedError, match=said):
        helm.template(*arguments)


def _notes(helm: Helm, folder: Path, *arguments: str) -> str:
    """The notes as an object: helm shows them only with a cluster at hand."""
    chart = shutil.copytree(CHART, folder / "chart", dirs_exist_ok=True)
    if (chart / "templates" / "NOTES.txt").exists():
        (chart / "templates" / "NOTES.txt").rename(chart / "notes")
    told = '{{ dict "kind" "Notes" "metadata" (dict "name" "notes") "text" (tpl (.Files.Get "notes") .) | toYaml }}'
    (chart / "templates" / "notes.yaml").write_text(told)
    return str(replace(helm, chart=chart).template(*arguments).one("Notes", "notes")["text"])


def test_notes_tell_of_what_serves_nobody(helm: Helm, tmp_path: Path) -> None:
    """Without a signing secret, keys or anonymous searching, or without a consumer, the notes warn; with one not."""
    assert "every search is answered with 401" in _notes(helm, tmp_path)
    assert "401" not in _notes(helm, tmp_path, "--set", "search.settings.auth.anonymous=true")
    assert "paging breaks" in _notes(helm, tmp_path, "--set", "search.settings.auth.anonymous=true")
    assert "WARNING" not in _notes(helm, tmp_path, "--set", f"secrets.values.auth.secret={'x' * 32}")
    assert "by keyword only" in _notes(helm, tmp_path, "--set", "encoder.enabled=false")
    lonely = _notes(helm, tmp_path, "--set", "backfill.enabled=true", "--set", "consumer.enabled=false")
    assert "reads the backfill alone" in lonely
    assert "http://search.example.org/" in _notes(
        helm, tmp_path, "--set", "search.ingress.enabled=true",
        "--set", "search.ingress.hosts[0].host=search.example.org",
        "--set", "search.ingress.hosts[0].paths[0].path=/",
        "--set", "search.ingress.hosts[0].paths[0].pathType=Prefix",
    )  # fmt: skip
