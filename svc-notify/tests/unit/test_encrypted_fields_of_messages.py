"""The encrypted fields are found, so that no rotation forgets one."""

from gateway_kit.mongo.encrypted_annotations import encrypted_collections
from notify.store.documents import DOCUMENTS


def test_what_a_new_data_key_encrypts_again() -> None:
    messages, of_operators, settings = encrypted_collections(DOCUMENTS)
    for each in (messages, of_operators):
        assert {field.path for field in each.fields} == {"recipient", "content"}
    assert {field.path for field in settings.fields} == {
        "smtp_password",
        "dkim_key",
        "team_addresses",
        "slack_webhook_url",
    }
    assert [each.scope for each in (messages, of_operators, settings)] == ["organization", "system", "organization"]
    assert [each.walk for each in (messages, settings)] == ["tenant", "tenant"]
