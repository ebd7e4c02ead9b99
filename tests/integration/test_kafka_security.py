"""A real broker that asks for certificates, passwords and tokens: who has them works, who has not is told which."""

import gc
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka import KafkaConsumer

from contract.event_sink_contract import event
from damsight_cli.examination.kafka_view import look_at_kafka
from damsight_consumer.dead_letters import KafkaDeadLetters
from damsight_consumer.errors import SourceError
from damsight_consumer.group import join
from damsight_consumer.topics import ensure_topics
from damsight_kafka import KafkaAbsentError, knock
from damsight_publisher.errors import BrokerError
from damsight_publisher.kafka_sink import KafkaSink, prepare_topic
from damsight_schemas.connections import KafkaSettings
from drivers.secured_kafka import PASSWORD, USER, SecuredKafka, secured_kafka
from drivers.socks_faults import SocksFaults
from drivers.token_endpoint import CLIENT_ID, CLIENT_SECRET, TokenEndpoint, token_endpoint

PATIENCE_S = 120


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    with secured_kafka(tmp_path_factory.mktemp("secured")) as running:
        yield running


@pytest.fixture
def tokens() -> Iterator[TokenEndpoint]:
    with token_endpoint() as endpoint:
        yield endpoint


@pytest.fixture(autouse=True)
def _forgotten_sockets() -> Iterator[None]:
    """kafka-python 3.0.12 forgets the sockets of connections that fail; they are found here and not in other tests."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def settings(broker: SecuredKafka, tokens: TokenEndpoint, way: str, **other: object) -> KafkaSettings:
    """The settings of one way in, with some of them replaced."""
    with_password = {"sasl_mechanism": way, "sasl_username": USER, "sasl_password": PASSWORD}
    with_token = {
        "sasl_mechanism": way,
        "sasl_oauth_token_url": tokens.url,
        "sasl_oauth_client_id": CLIENT_ID,
        "sasl_oauth_client_secret": CLIENT_SECRET,
        "sasl_oauth_scope": "kafka read",
    }
    sasl = {"bootstrap_servers": f"localhost:{broker.sasl}", "security_protocol": "SASL_SSL"}
    ways: dict[str, dict[str, object]] = {
        "PLAINTEXT": {"bootstrap_servers": f"127.0.0.1:{broker.plaintext}"},
        "certificate": {
            "bootstrap_servers": f"localhost:{broker.mutual}",
            "security_protocol": "SSL",
            "ssl_certfile": broker.certfile,
            "ssl_keyfile": broker.keyfile,
        },
        "OAUTHBEARER": sasl | with_token,
    }
    given = ways.get(way, sasl | with_password)
    if given.get("security_protocol"):
        given = {"ssl_cafile": broker.cafile} | given
    return KafkaSettings.model_validate({name: value for name, value in (given | other).items() if value != "unset"})


@pytest.mark.parametrize("way", ["certificate", "PLAIN", "SCRAM-SHA-512", "OAUTHBEARER"])
def test_every_client_gets_in(broker: SecuredKafka, tokens: TokenEndpoint, way: str) -> None:
    """The publisher, the topics, the group, the dead letters and the doctor all work through each way."""
    kafka, topic = settings(broker, tokens, way), f"secured.{uuid.uuid4().hex}"
    cluster = prepare_topic(kafka, topic, partitions=1)
    assert ensure_topics(kafka, names=[topic]) == []
    with closing(KafkaSink(kafka, topic, cluster)) as sink:
        sink.send(event("asset-1", 1))
        assert [receipt.problem for receipt in sink.receipts(wait=True)] == [None]
    with closing(KafkaDeadLetters(kafka, topic)) as letters:
        letters.publish([])
    with closing(join(kafka, group_id=topic, instance_id=None)) as consumer:
        subscribe(consumer, topic)
        assert read_one(consumer) == b"asset-1"
    assert topic in look_at_kafka(kafka).partitions
    if way == "OAUTHBEARER":
        assert set(tokens.scopes) == {"kafka read"}


def subscribe(consumer: KafkaConsumer, topic: str) -> None:
    """Partitions first, for the reason that KafkaSource gives."""
    consumer.partitions_for_topic(topic)
    consumer.subscribe([topic])


def read_one(consumer: KafkaConsumer) -> bytes:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for records in consumer.poll(timeout_ms=200).values():
            return bytes(records[0].key)
    raise AssertionError("nothing was read")


REFUSALS = {
    "a wrong password": ("PLAIN", {"sasl_password": "wrong"}, "SASL_PASSWORD"),
    "a wrong password by SCRAM": ("SCRAM-SHA-512", {"sasl_password": "wrong"}, "SASL_PASSWORD"),
    "a mechanism that is not offered": ("SCRAM-SHA-256", {}, "SASL_MECHANISM=SCRAM-SHA-256"),
    "an authority that signed nothing": ("PLAIN", {"ssl_cafile": "stranger"}, "SSL_CAFILE"),
    "no authority": ("PLAIN", {"ssl_cafile": "unset"}, "SSL_CAFILE"),
    "another name": ("PLAIN", {"bootstrap_servers": "127.0.0.1"}, "BOOTSTRAP_SERVERS"),
    "no certificate": ("certificate", {"ssl_certfile": "unset", "ssl_keyfile": "unset"}, "SSL_CERTFILE"),
    "TLS where there is none": ("PLAINTEXT", {"security_protocol": "SSL"}, "SECURITY_PROTOCOL"),
    "no TLS where there is": ("PLAINTEXT", {"bootstrap_servers": "localhost"}, "SECURITY_PROTOCOL"),
    "SASL where there is none": ("PLAIN", {"bootstrap_servers": "none"}, "SECURITY_PROTOCOL"),
    "an expired token": ("OAUTHBEARER", {"late_s": 60.0}, "SASL_OAUTH_TOKEN_URL"),
    "a client that is not known": ("OAUTHBEARER", {"sasl_oauth_client_secret": "wrong"}, "SASL_OAUTH_CLIENT_ID"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_who_is_refused_is_told_which_setting(broker: SecuredKafka, tokens: TokenEndpoint, case: str) -> None:
    """A consumer and a publisher that are not let in name the setting, at once, and never a secret."""
    way, given, named = REFUSALS[case]
    other: dict[str, object] = dict(given)
    tokens.late_s = float(str(other.pop("late_s", 0.0)))
    if other.get("ssl_cafile") == "stranger":
        other["ssl_cafile"] = broker.stranger
    if other.get("bootstrap_servers") == "none":
        other |= {"bootstrap_servers": f"127.0.0.1:{broker.plaintext}", "security_protocol": "SASL_PLAINTEXT"}
        other["ssl_cafile"] = "unset"
    elif "bootstrap_servers" in other:
        other["bootstrap_servers"] = f"{other['bootstrap_servers']}:{broker.sasl}"
    kafka = settings(broker, tokens, way, **other)
    with pytest.raises(SourceError) as refused:
        join(kafka, group_id="nobody", instance_id=None)
    with pytest.raises(BrokerError) as also:
        prepare_topic(kafka, "nothing")
    for error in (refused.value, also.value):
        assert f"DAMSIGHT_KAFKA__{named}" in str(error)
        assert PASSWORD not in str(error)
        assert CLIENT_SECRET not in str(error)


def test_a_broker_that_hangs_up_may_be_starting(broker: SecuredKafka, tokens: TokenEndpoint) -> None:
    """Without SASL where it is asked for the broker says nothing: no refusal, but the setting is named."""
    with pytest.raises(KafkaAbsentError, match="DAMSIGHT_KAFKA__SECURITY_PROTOCOL"):
        knock(settings(broker, tokens, "certificate", bootstrap_servers=f"localhost:{broker.sasl}"))


def test_a_tunnels_name_is_taken_where_that_is_wanted(broker: SecuredKafka, tokens: TokenEndpoint) -> None:
    """With ssl_check_hostname off another name is taken, and still no other authority."""
    tunnel: dict[str, object] = {"bootstrap_servers": f"127.0.0.1:{broker.sasl}", "ssl_check_hostname": False}
    assert look_at_kafka(settings(broker, tokens, "PLAIN", **tunnel)).brokers == 1
    with pytest.raises(SourceError, match="SSL_CAFILE"):
        join(settings(broker, tokens, "PLAIN", **tunnel, ssl_cafile=broker.stranger), group_id="x", instance_id=None)


def test_a_proxy_sees_every_connection(broker: SecuredKafka, tokens: TokenEndpoint) -> None:
    """All goes through the proxy, also where the broker sends the client on; a proxy that is away is named."""
    with SocksFaults() as proxy:
        kafka = settings(broker, tokens, "PLAIN", proxy_url=proxy.url.replace("socks5:", "socks5h:"))
        assert look_at_kafka(kafka).brokers == 1
        assert set(proxy.reached) == {f"localhost:{broker.sasl}"}
    with pytest.raises(KafkaAbsentError, match="DAMSIGHT_KAFKA__PROXY_URL"):
        knock(kafka)


def test_a_consumer_outlives_its_tokens(broker: SecuredKafka, tokens: TokenEndpoint) -> None:
    """Before a token ends the next one is fetched and shown on the same connections; nothing is read twice or lost."""
    tokens.lives_s = 3.0
    kafka, topic = settings(broker, tokens, "OAUTHBEARER"), f"secured.{uuid.uuid4().hex}"
    cluster = prepare_topic(kafka, topic, partitions=1)
    with closing(join(kafka, group_id=topic, instance_id=None)) as consumer:
        subscribe(consumer, topic)
        before, deadline = len(tokens.scopes), time.monotonic() + PATIENCE_S
        while len(tokens.scopes) < before + 2:
            assert time.monotonic() < deadline, "no new token was asked for"
            assert not consumer.poll(timeout_ms=100)
        with closing(KafkaSink(kafka, topic, cluster)) as sink:
            sink.send(event("asset-2", 1))
            assert [receipt.problem for receipt in sink.receipts(wait=True)] == [None]
        assert read_one(consumer) == b"asset-2"
