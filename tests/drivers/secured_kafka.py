"""A real Kafka broker that lets nobody in without a certificate, a password or a token."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

from damsight_devstack import StackSettings
from damsight_devstack.jar_download import fetch_jars
from damsight_devstack.jar_lock import load_lock
from damsight_devstack.java import find_java
from damsight_devstack.kafka_home import write_kafka_home
from damsight_devstack.layout import Layout
from damsight_devstack.ports import free_ports
from damsight_devstack.readiness import wait_until_ready
from damsight_devstack.server_process import start_server
from damsight_devstack.servers import problem_of
from drivers.certificates import self_signed

USER, PASSWORD = "damsight", "only this test knows it"
_MODULES = "org.apache.kafka.common.security"


@dataclass(frozen=True, slots=True)
class SecuredKafka:
    """A running broker. Its certificate is for localhost alone, so 127.0.0.1 is a wrong name for it.

    Attributes:
        plaintext: The port that asks for nothing.
        mutual: The port that asks for a client's certificate (TLS).
        sasl: The port that asks for PLAIN, SCRAM-SHA-512 or OAUTHBEARER with an unsecured token (TLS).
        cafile: What signed the broker's certificate.
        certfile: A client's certificate that the broker trusts.
        keyfile: Its key.
        stranger: An authority that signed nothing here.
    """

    plaintext: int
    mutual: int
    sasl: int
    cafile: str
    certfile: str
    keyfile: str
    stranger: str


@contextmanager
def secured_kafka(folder: Path) -> Iterator[SecuredKafka]:
    """Run a broker for the length of a block."""
    broker_port, controller_port, mutual, sasl = free_ports(4)
    authority, key = self_signed("localhost", folder)
    certfile, keyfile = self_signed("client.example", folder)
    stranger, _ = self_signed("stranger.example", folder)
    keystore = folder / "broker.pem"
    keystore.write_bytes(key.read_bytes() + authority.read_bytes())
    settings = StackSettings.from_environment()
    lock = load_lock()
    paths = fetch_jars(
        lock.jars, cache=settings.cache.absolute(), repository=settings.repository, on_progress=lambda _: None
    )
    layout = Layout(folder / "kafka")
    layout.create()
    write_kafka_home(
        layout,
        java=find_java(settings.java_home),
        jars=[paths[jar] for jar in lock.kafka],
        heap_mb=settings.kafka_heap_mb,
        broker_port=broker_port,
        controller_port=controller_port,
        properties=_listeners(mutual, sasl) | _tls(keystore, certfile) | _sasl(),
    )
    server = start_server("kafka", layout, broker_port)
    try:
        wait_until_ready(
            {server: problem_of("kafka", broker_port)}, within_s=settings.start_timeout_s, on_progress=lambda _: None
        )
        _add_scram_user(broker_port)
        yield SecuredKafka(
            broker_port, mutual, sasl, str(authority), str(certfile), str(keyfile), stranger=str(stranger)
        )
    finally:
        server.kill()


def _listeners(mutual: int, sasl: int) -> dict[str, str]:
    own = "PLAINTEXT://127.0.0.1:{broker_port}"
    return {
        "listeners": f"{own},CONTROLLER://127.0.0.1:{{controller_port}},"
        f"MUTUAL://127.0.0.1:{mutual},SECURED://127.0.0.1:{sasl}",
        "advertised.listeners": f"{own},MUTUAL://localhost:{mutual},SECURED://localhost:{sasl}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,MUTUAL:SSL,SECURED:SASL_SSL",
        "listener.name.mutual.ssl.client.auth": "required",
    }


def _tls(keystore: Path, trusted: Path) -> dict[str, str]:
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(keystore),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(trusted),
    }


def _sasl() -> dict[str, str]:
    of = "listener.name.secured."
    return {
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512,OAUTHBEARER",
        f"{of}plain.sasl.jaas.config": f'{_MODULES}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
        f"{of}scram-sha-512.sasl.jaas.config": f"{_MODULES}.scram.ScramLoginModule required;",
        f"{of}oauthbearer.sasl.jaas.config": f"{_MODULES}.oauthbearer.OAuthBearerLoginModule required "
        f'unsecuredLoginStringClaim_sub="broker";',
    }


def _add_scram_user(port: int) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{port}")) as admin:
        user = UserScramCredentialUpsertion(USER, ScramMechanism.SCRAM_SHA_512, PASSWORD)
        assert admin.alter_user_scram_credentials([user]) == {USER: None}
