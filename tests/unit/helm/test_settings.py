"""The variables that the chart sets are ones that the programs know, with values that they take."""

from collections.abc import Callable, Iterator, Mapping

import certifi
import pytest
from pydantic import BaseModel

import damsight_consumer.settings
import damsight_encoders.settings
import damsight_search.settings
from drivers.helm_chart import CHART, MINIMAL, Helm, Rendered

LOADERS: Mapping[str, Callable[[], object]] = {
    "consumer": damsight_consumer.settings.load_settings,
    "backfill": damsight_consumer.settings.load_settings,
    "search": damsight_search.settings.load_settings,
    "encoder": damsight_encoders.settings.load_service_settings,
    # `damsight index` reads the search's settings.
    "index": damsight_search.settings.load_settings,
}
CLASSES: Mapping[str, type[BaseModel]] = {
    "consumer": damsight_consumer.settings.ConsumerSettings,
    "backfill": damsight_consumer.settings.ConsumerSettings,
    "search": damsight_search.settings.SearchSettings,
    "encoder": damsight_encoders.settings.EncodeServeSettings,
    "index": damsight_search.settings.SearchSettings,
}
VALUE_FILES = sorted((CHART / "ci").glob("*-values.yaml"))
PROXY = "socks5://user:password@proxy.example:1080"
SECRET = "a secret of thirty-two characters and more"  # noqa: S105  no secret: what the test hands in


def _variables(settings: type[BaseModel], prefix: str = "DAMSIGHT_") -> Iterator[str]:
    for name, field in settings.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _variables(inner, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}"


def _plain(rendered: Rendered, component: str) -> dict[str, str]:
    return dict(rendered.one("ConfigMap", f"-{component}")["data"])


def _secret(rendered: Rendered, component: str) -> set[str]:
    env = rendered.pods()[component]["spec"]["containers"][0]["env"]
    return {variable["name"] for variable in env if "secretKeyRef" in variable.get("valueFrom", {})}


@pytest.mark.parametrize("component", LOADERS)
@pytest.mark.parametrize("values", VALUE_FILES, ids=lambda path: path.stem)
def test_programs_take_what_the_chart_sets(
    helm: Helm, monkeypatch: pytest.MonkeyPatch, component: str, values: object
) -> None:
    """Each variable of a pod is known to its program, and together they make valid settings."""
    rendered = helm.template("--values", str(values))
    if component not in rendered.pods():
        return
    plain, secret = _plain(rendered, component), _secret(rendered, component)
    assert not (set(plain) | secret) - set(_variables(CLASSES[component]))
    # A pod's volumes are not here; what is in them is looked at when the settings are read.
    mounted = dict.fromkeys((name for name in plain if name.endswith("_CAFILE")), certifi.where())
    secrets = dict.fromkeys(secret, SECRET) | dict.fromkeys(secret & {"DAMSIGHT_KAFKA__PROXY_URL"}, PROXY)
    for name, value in {**plain, **secrets, **mounted}.items():
        monkeypatch.setenv(name, value)
    LOADERS[component]()


def test_consumer_answers_probes_and_finishes_before_the_kill(helm: Helm, monkeypatch: pytest.MonkeyPatch) -> None:
    """The consumer's health port is open to the kubelet, and its grace ends before the pod's."""
    rendered = helm.template("--set", "consumer.terminationGracePeriodSeconds=45")
    for name, value in _plain(rendered, "consumer").items():
        monkeypatch.setenv(name, value)
    settings = damsight_consumer.settings.load_settings()
    pod = rendered.pods()["consumer"]["spec"]
    assert settings.health.host == "0.0.0.0"  # noqa: S104  in a pod, the kubelet comes from outside
    assert settings.health.port == pod["containers"][0]["ports"][0]["containerPort"]
    assert settings.consumer.grace_s == 35
    assert pod["terminationGracePeriodSeconds"] == 45


def test_consumers_of_two_indexes_do_not_share_a_group(helm: Helm) -> None:
    """Each index has a Kafka group of its own: a shared one would give each index half of the assets."""
    press = _plain(helm.template("--set", "settings.index.alias=press"), "consumer")
    archive = _plain(helm.template("--set", "settings.index.alias=archive"), "consumer")
    assert press["DAMSIGHT_CONSUMER__GROUP_ID"] != archive["DAMSIGHT_CONSUMER__GROUP_ID"]


def test_all_components_of_an_index_agree_on_it(helm: Helm) -> None:
    """Languages and similarity reach whoever writes, reads or makes the index; empty ones leave the defaults."""
    chosen = ["--set", r"settings.index.languages=en\,de", "--set", "settings.index.similarity=cosine"]
    rendered = helm.template("--values", str(MINIMAL), *chosen)
    plain = helm.template("--values", str(MINIMAL))
    for component in ("consumer", "search", "index"):
        told = _plain(rendered, component)
        assert told["DAMSIGHT_INDEX__LANGUAGES"] == "en,de"
        assert told["DAMSIGHT_INDEX__SIMILARITY"] == "cosine"
        assert "DAMSIGHT_INDEX__LANGUAGES" not in _plain(plain, component)
