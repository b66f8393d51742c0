"""Who may begin, who waits, who is refused: decisions only."""

from __future__ import annotations

import pytest

from service.frontend.admission import Admission, Load
from service.frontend.client_limits import Client
from service.settings import ServiceSettings
from vocoder.errors import CapacityError, ClientLimitError

ANNA, OTTO = Client(address="10.0.0.1"), Client(address="10.0.0.2")
# Five streams in real time, of which four may be made.
IDLE, FULL = (
    Load(capacity=5.0, open=0, left=()),
    Load(capacity=5.0, open=4, left=(5.0, 10.0, 10.0, 10.0)),
)
SETTINGS = ServiceSettings(headroom=0.2, max_streams=6, queue_limit=2)


def ask(
    admission: Admission,
    number: int,
    load: Load,
    *,
    client: Client = ANNA,
    wait: float = 0.0,
    now: float = 0.0,
) -> float:
    return admission.ask(number, client, load, wait_seconds=wait, now=now)


def test_whoever_there_is_room_for_begins_at_once() -> None:
    assert ask(Admission(SETTINGS), 1, IDLE) == 0.0
    assert ask(Admission(SETTINGS), 1, Load(capacity=5.0, open=3, left=(9.0,) * 3)) == 0.0


def test_one_more_than_can_be_made_is_refused_and_told_when() -> None:
    with pytest.raises(CapacityError, match="as much as this machine can do") as refused:
        ask(Admission(SETTINGS), 1, FULL)
    # 5 seconds of sound, at a quarter of five seconds per second
    assert refused.value.retry_after_seconds == pytest.approx(4.0)


def test_a_machine_slower_than_real_time_still_makes_one_stream() -> None:
    assert ask(Admission(SETTINGS), 1, Load(capacity=0.3, open=0, left=())) == 0.0
    with pytest.raises(CapacityError):
        ask(Admission(SETTINGS), 2, Load(capacity=0.3, open=1, left=(1.0,)))


def test_while_a_stream_is_about_to_run_dry_nobody_is_let_in() -> None:
    with pytest.raises(CapacityError):
        ask(Admission(SETTINGS), 1, Load(capacity=5.0, open=1, left=(2.0,), strained=True))
    assert ask(Admission(SETTINGS), 2, Load(capacity=5.0, open=0, left=(), strained=True)) == 0.0


def test_finished_sound_that_nobody_takes_needs_no_capacity_but_a_place() -> None:
    assert ask(Admission(SETTINGS), 1, Load(capacity=5.0, open=5, left=())) == 0.0
    with pytest.raises(CapacityError, match="open, which is as many as may be"):
        ask(Admission(SETTINGS), 1, Load(capacity=5.0, open=6, left=()))


def test_who_would_wait_is_queued_and_let_in_in_order() -> None:
    admission = Admission(SETTINGS)
    assert ask(admission, 1, FULL, wait=5.0) == pytest.approx(4.0)
    assert ask(admission, 2, FULL, wait=60.0) == pytest.approx(7.0)
    assert admission.admitted(FULL) is None
    room = Load(capacity=5.0, open=3, left=(9.0,) * 3)
    assert admission.queued == 2
    assert [admission.admitted(room), admission.admitted(room), admission.admitted(room)] == [
        1,
        2,
        None,
    ]


def test_nobody_overtakes_the_queue() -> None:
    admission = Admission(SETTINGS)
    ask(admission, 1, FULL, wait=60.0)
    with pytest.raises(CapacityError):
        ask(admission, 2, IDLE)


def test_a_wait_that_is_too_long_and_a_queue_that_is_full_are_refused() -> None:
    admission = Admission(SETTINGS)
    with pytest.raises(CapacityError):
        ask(admission, 1, FULL, wait=3.9)
    assert admission.queued == 0
    ask(admission, 2, FULL, wait=60.0)
    ask(admission, 3, FULL, wait=60.0)
    with pytest.raises(CapacityError, match="2 requests are waiting"):
        ask(admission, 4, FULL, wait=60.0)
    admission.leave(2)
    ask(admission, 5, FULL, wait=60.0)
    assert admission.admitted(IDLE) == 3


def test_streams_of_one_address() -> None:
    admission = Admission(ServiceSettings(address_streams=2))
    ask(admission, 1, IDLE)
    ask(admission, 2, IDLE)
    with pytest.raises(ClientLimitError, match="this address has 2 streams open"):
        ask(admission, 3, IDLE)
    ask(admission, 4, IDLE, client=OTTO)
    admission.leave(1)
    admission.leave(1)
    ask(admission, 5, IDLE)
    with pytest.raises(ClientLimitError):
        ask(admission, 6, IDLE)


def test_requests_of_one_key_from_any_address() -> None:
    admission = Admission(ServiceSettings(key_requests_per_minute=2))
    here, there, other = (
        Client(address="a", key="k"),
        Client(address="b", key="k"),
        Client(address="a", key="l"),
    )
    admission.request(here, 0.0)
    admission.request(there, 0.0)
    with pytest.raises(
        ClientLimitError, match="this API key may make 2 requests in a minute"
    ) as refused:
        admission.request(here, 10.0)
    assert refused.value.retry_after_seconds == pytest.approx(20.0)
    admission.request(other, 10.0)
    admission.request(here, 30.0)


def test_a_refusal_for_lack_of_room_costs_the_client_nothing() -> None:
    admission = Admission(ServiceSettings(headroom=0.2, address_streams=1))
    for number in range(3):
        with pytest.raises(CapacityError, match="in real time"):
            ask(admission, number, FULL)
    ask(admission, 4, IDLE)


def test_a_request_is_no_stream() -> None:
    admission = Admission(
        ServiceSettings(address_requests_per_minute=3, address_streams=1, key_requests_per_minute=2)
    )
    here, there = Client(address="a", key="k"), Client(address="a", key="l")
    ask(admission, 1, IDLE, client=here)
    admission.request(here, 0.0)  # though it has as many streams open as it may
    admission.request(here, 0.0)
    with pytest.raises(ClientLimitError, match="this API key may make 2 requests in a minute"):
        admission.request(here, 0.0)  # which is not counted for the address either
    admission.request(there, 0.0)
    with pytest.raises(ClientLimitError, match="this address may make 3 requests in a minute"):
        admission.request(there, 0.0)
    admission.leave(1)
    ask(admission, 2, IDLE, client=there)


def test_many_strangers_are_forgotten() -> None:
    admission = Admission(ServiceSettings(address_requests_per_minute=5))
    for number in range(10_000):
        ask(admission, number, IDLE, client=Client(address=str(number)), now=float(number))
        admission.leave(number)
    assert len(admission._limits._address.accounts) < 5_000
    for number in range(10_000):
        admission.request(Client(address=f"job {number}"), 10_000.0 + number)
    assert len(admission._limits._address.accounts) < 5_000
