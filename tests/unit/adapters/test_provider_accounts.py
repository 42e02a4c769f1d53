"""Each connection opens a mailbox of its provider, made when it is wanted."""

from functools import partial

import pytest

from assistant.adapters.provider_accounts import ProviderAccounts
from assistant.domain.errors import NotFound
from assistant.domain.providers import Provider
from assistant.ports.mailbox import MailBoxes
from tests.fakes.effects import Desk
from tests.fakes.mailbox import MemoryMailBoxes
from tests.fakes.runtime import ManualClock


def test_a_mailbox_is_that_of_its_provider_and_made_once(clock: ManualClock) -> None:
    made: list[Provider] = []
    boxes = {provider: MemoryMailBoxes(clock) for provider in (Provider.GOOGLE, Provider.MICROSOFT)}

    def make(provider: Provider) -> MailBoxes:
        made.append(provider)
        return boxes[provider]

    opened = ProviderAccounts({provider: partial(make, provider) for provider in boxes}, "mailbox")
    google = Desk(clock).connection
    microsoft = google.model_copy(update={"provider": Provider.MICROSOFT})
    assert made == []
    assert opened.open(google) is opened.open(google) is boxes[Provider.GOOGLE].open(google)
    assert opened.open(microsoft) is boxes[Provider.MICROSOFT].open(microsoft)
    assert made == [Provider.GOOGLE, Provider.MICROSOFT]


def test_an_account_without_mail_has_no_mailbox(clock: ManualClock) -> None:
    slack = Desk(clock).connection.model_copy(update={"provider": Provider.SLACK})
    with pytest.raises(NotFound, match="no mailbox"):
        ProviderAccounts[object]({}, "mailbox").open(slack)
