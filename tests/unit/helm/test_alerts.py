"""The alerts: of metrics that there are, with a runbook each."""

import re

import pytest
from prometheus_client.exposition import generate_latest

from damsight_consumer.records import Outcome
from damsight_consumer.telemetry import Telemetry
from damsight_search.api.metrics import Metrics
from drivers.helm_chart import CHART, ROOT, Document, Helm

LANES = CHART / "ci" / "lanes-values.yaml"
RUNBOOK = (ROOT / "docs" / "operations.md").read_text()
SECTIONS = dict(
    re.findall(r"^### (.+)\n((?:(?!#).*\n)*)", RUNBOOK.partition("## Alerts\n")[2].partition("\n## ")[0], re.MULTILINE)
)
OURS = re.compile(r',?namespace="default",pod=~"one-damsight-\([a-z|]+\)-\.\*"')


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _rules(helm: Helm, *arguments: str) -> list[Document]:
    return list(helm.template(*arguments, values=LANES).of_kind("PrometheusRule")[0]["spec"]["groups"][0]["rules"])


def _registered() -> set[str]:
    """The names of the series that a scrape of the consumer and of the search API can hold."""
    told = (generate_latest(Telemetry().registry) + Metrics().text()).decode()
    names = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", told, re.MULTILINE):
        names |= {f"{name}_{part}" for part in ("bucket", "count", "sum")} if kind == "histogram" else {name}
    return names


def test_every_alert_has_its_runbook(helm: Helm) -> None:
    """Each alert's link ends at a heading of docs/operations.md, whose words name it; each heading has one."""
    base = "https://git.example.org/damsight/blob/main/docs/operations.md#"
    linked = {rule["alert"]: rule["annotations"]["runbook_url"] for rule in _rules(helm)}
    named = {"Damsight" + "".join(word.capitalize() for word in heading.split()): heading for heading in SECTIONS}
    assert linked == {alert: base + _anchor(heading) for alert, heading in named.items()}


def test_runbooks_tell_the_expression(helm: Helm) -> None:
    """What a section says is watched is what the rule watches, the release's own matchers apart."""
    for rule in _rules(helm):
        section = SECTIONS[rule["annotations"]["summary"]]
        said = re.findall(r"`([^`]*damsight_[^`]*)`", section)
        watched = OURS.sub("", rule["expr"]).replace("{}", "")
        assert said, rule["alert"]
        assert "".join(watched.split()) == "".join(said[0].split()), rule["alert"]
        assert f"`{rule['alert']}`" in section
        assert re.search(r"^1\. ", section, re.MULTILINE), rule["alert"]


def test_every_metric_is_registered(helm: Helm) -> None:
    """A rule of a metric that nobody tells would be silent for ever; so would one of an outcome that there is not."""
    registered = _registered()
    for rule in _rules(helm):
        named = set(re.findall(r"\bdamsight_\w+", rule["expr"]))
        assert named
        assert named <= registered, rule["alert"]
        for outcomes in re.findall(r'outcome=~?"([^"]+)"', rule["expr"]):
            assert set(outcomes.split("|")) <= set(Outcome), rule["alert"]


def test_every_alert_says_what_and_how_bad(helm: Helm) -> None:
    """Each has a severity, a summary and a description; what is lost and what serves nobody is critical."""
    severities = {rule["alert"]: rule["labels"]["severity"] for rule in _rules(helm)}
    assert set(severities.values()) == {"critical", "warning", "info"}
    assert {alert for alert, severity in severities.items() if severity == "critical"} == {
        "DamsightEventsWereLost", "DamsightNoConsumerIsRunning", "DamsightNobodyCanSignIn",
    }  # fmt: skip
    for rule in _rules(helm):
        assert {"summary", "description", "runbook_url"} == set(rule["annotations"])
        assert all(rule["annotations"].values())


def test_alerts_are_of_one_release(helm: Helm) -> None:
    """Every metric of every rule is asked of this release's own pods, or of what the values name."""
    for rule in _rules(helm):
        assert len(OURS.findall(rule["expr"])) == len(re.findall(r"\bdamsight_\w+", rule["expr"])), rule["alert"]
    for rule in _rules(helm, "--set-json", 'monitoring.rules.selector="job=\\"mine\\""'):
        assert rule["expr"].count('job="mine"') == len(re.findall(r"\bdamsight_\w+", rule["expr"])), rule["alert"]


def test_alerts_of_absent_components_are_left_out(helm: Helm) -> None:
    """A release without a consumer does not ring because none runs."""
    alerts = {
        rule["alert"] for rule in _rules(helm, "--set", "consumer.enabled=false", "--set", "backfill.enabled=false")
    }
    assert alerts == {"DamsightSearchesAreDegraded", "DamsightNobodyCanSignIn"}


def test_metrics_of_all_pods_are_read(helm: Helm) -> None:
    """The PodMonitor selects every pod that tells metrics, by a port that it opens, and the policies let readers in."""
    rendered = helm.template(values=LANES)
    spec = rendered.of_kind("PodMonitor")[0]["spec"]
    ports = {endpoint["port"] for endpoint in spec["podMetricsEndpoints"]}
    components = set(spec["selector"]["matchExpressions"][0]["values"])
    pods = {component: pod for component, pod in rendered.pods().items() if component != "index"}
    assert set(pods) == components
    for component, pod in pods.items():
        assert spec["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
        opened = {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
        assert len(opened & ports) == 1, component
        last = rendered.one("NetworkPolicy", f"-{component}")["spec"]["ingress"][-1]
        assert {port["port"] for port in last["ports"]} == opened
        assert "monitoring" in str(last["from"]), component


@pytest.mark.parametrize("kind", ["PodMonitor", "PrometheusRule"])
def test_prometheus_operator_is_not_asked_for_by_default(helm: Helm, kind: str) -> None:
    """Its objects are made only where asked for, with the labels that its Prometheus selects by."""
    assert helm.template().of_kind(kind) == []
    assert helm.template(values=LANES).of_kind(kind)[0]["metadata"]["labels"]["release"] == "kube-prometheus-stack"
