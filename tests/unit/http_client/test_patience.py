"""How long a client hopes that a node comes back."""

from chorus_http.client.patience import FIRST_S, LONGEST_S, TRIES, Patience


def pauses(patience: Patience) -> list[float]:
    return list(iter(patience.next, None))


def test_nobody_waits_for_a_node_that_never_answered() -> None:
    assert Patience().next() is None


def test_pauses_grow_and_end_after_half_a_minute() -> None:
    patience = Patience()
    patience.renew()
    waited = pauses(patience)
    assert len(waited) == TRIES
    assert waited[0] <= FIRST_S
    assert max(waited) <= LONGEST_S
    assert 10 < sum(waited) < 40


def test_a_sign_of_life_begins_anew() -> None:
    patience = Patience()
    patience.renew()
    assert pauses(patience)
    patience.renew()
    assert len(pauses(patience)) == TRIES


def test_what_the_node_asks_for_is_waited_but_not_for_ever() -> None:
    patience = Patience()
    patience.renew()
    assert patience.next(2.0) == 2.0
    assert patience.next(9000.0) == LONGEST_S
