from gateway_embedded.nats_conf import CONF_PATH, render


def test_the_committed_configuration_is_the_generated_one() -> None:
    assert CONF_PATH.read_text() == render(), "run `python -m gateway_embedded.nats_conf`"
