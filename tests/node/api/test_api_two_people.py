"""Who made the other account, at first hand or through others, is no second person for a day."""

import pytest
from api_clients import Api, api_of, bearer
from people_desk import Wall

from tocsin.node.people.accounts import Account, Role
from tocsin.node.people.desk import Desk


def statuses(api: Api, first: Account, second: Account) -> list[int]:
    """What the first, who stops and asks, and the second, who confirms, are answered."""
    one, other = (bearer(api.session(account)) for account in (first, second))
    calls = [(one, "stop", {"why": "a leak"}), (one, "request", {"why": "closed it"}), (other, "confirm", {})]
    return [
        api.call("POST", f"/api/v1/switches/sharing/{path}", who, json=said).status_code for who, path, said in calls
    ]


@pytest.fixture
def api(desk: Desk) -> Api:
    return api_of(desk)


@pytest.fixture
def admin(api: Api) -> Account:
    """One of the first two accounts."""
    return api.account(Role.ADMIN)


def test_the_first_two_accounts_are_two_people(api: Api, admin: Account) -> None:
    assert statuses(api, admin, api.account(Role.LEAD)) == [200, 200, 200]


def test_an_account_between_them_makes_no_second_person_until_a_day_is_over(
    api: Api, admin: Account, wall: Wall
) -> None:
    between = api.account(Role.ADMIN, created_by=admin.id)
    third = api.account(Role.LEAD, created_by=between.id)
    assert statuses(api, admin, third) == [200, 200, 403]
    wall.turn(hours=24)
    assert statuses(api, admin, third) == [200, 200, 200]


def test_two_that_one_admin_made_are_not_two_people_until_a_day_is_over(api: Api, admin: Account, wall: Wall) -> None:
    first, second = (api.account(Role.LEAD, created_by=admin.id) for _ in range(2))
    assert statuses(api, first, second) == [200, 200, 403]
    wall.turn(hours=24)
    assert statuses(api, first, second) == [200, 200, 200]
