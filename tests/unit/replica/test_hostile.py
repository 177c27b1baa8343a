"""Forks are proved and kept, liars are accused, carriers are not, and nothing takes the node down."""

import shutil
from dataclasses import replace

import pytest
import trio
import trio.testing

from chorus_hooks.errors import ChorusError, Refused
from chorus_hooks.journal import Reader
from chorus_hooks.wire.lines import Lines
from chorus_journal.replica.message import PROTOCOL, Entries, Parcel, Proved
from chorus_journal.replica.statement import contradict
from chorus_journal.replica.verifying import verify_copy
from tests.unit.journal.state import fixed_identity
from tests.unit.replica.logs import Log
from tests.unit.replica.nodes import Company, Member, Stranger, gives, mesh_of, proves, until, whole

AUTHOR = fixed_identity(7).peer_id


def _stranger(company: Company, name: str, log: Log, of: int | None = None) -> Stranger:
    """Honest, until a test makes it something else; `name` may be that of the journal's own node."""
    stranger = Stranger(company.network.mesh(name))
    stranger.heads = [log.checkpoint(of).note]
    stranger.entries, stranger.prove = gives(log, of=of), proves(log)
    stranger.serve()
    return stranger


async def _meet(member: Member, stranger: Stranger) -> None:
    await stranger.mesh.dial(member.mesh.addresses[0])


async def _forked(member: Member, origin: str) -> None:
    await until(lambda: (r := member.replica(origin)) is not None and r.forked)
    evidence = await member.evidence(origin)
    assert evidence is not None
    assert contradict(*evidence, member.identity)


async def test_two_heads_of_one_size_are_a_fork_and_carriers_are_not_accused(company: Company) -> None:
    log = Log().grow(5)
    one, other = log.branch(5).grow(4, "a"), log.branch(5).grow(4, "b")
    node = await company.start(1)
    first, second = _stranger(company, "first", one), _stranger(company, "second", other)
    first.entries = second.entries = lambda ask: []
    await _meet(node, first)
    await _meet(node, second)
    await _forked(node, log.origin)
    assert node.accused.told == []


async def test_a_history_that_goes_on_otherwise_is_a_fork(company: Company) -> None:
    log = Log().grow(300)
    one, other = log.branch(300).grow(4, "a"), log.branch(300).grow(9, "b")
    node = await company.start(1)
    await _meet(node, _stranger(company, "first", one))
    await until(lambda: (r := node.replica(log.origin)) is not None and r.replicated == 304)
    await _meet(node, _stranger(company, "second", other))
    await _forked(node, log.origin)
    assert node.accused.told == []
    assert await node.copy(AUTHOR) == one.entries
    report = await node.journal.read(lambda reader: verify_copy(reader, AUTHOR, node.identity))
    assert (report.ok, report.checked) == (False, 304)


async def test_a_shorter_history_that_is_not_the_beginning_is_a_fork(company: Company) -> None:
    log = Log().grow(300)
    one, other = log.branch(300).grow(9, "a"), log.branch(300).grow(4, "b")
    node = await company.start(1)
    await _meet(node, _stranger(company, "first", one))
    await until(lambda: (r := node.replica(log.origin)) is not None and r.replicated == 309)
    await _meet(node, _stranger(company, "second", other))
    await _forked(node, log.origin)
    assert node.accused.told == []


async def test_a_fork_takes_no_more_entries_and_is_remembered(company: Company) -> None:
    log = Log().grow(5)
    one, other = log.branch(5).grow(4, "a"), log.branch(5).grow(4, "b")
    node = await company.start(1)
    first = _stranger(company, AUTHOR, one, 6)
    await _meet(node, first)
    await until(lambda: (r := node.replica(log.origin)) is not None and r.replicated == 6)
    await _meet(node, _stranger(company, "second", other))
    await _forked(node, log.origin)
    await company.stop(node)
    node = await company.start(1)
    first.heads, first.entries = [one.checkpoint().note], gives(one)
    first.asked.clear()
    await _meet(node, first)
    await trio.testing.wait_all_tasks_blocked(0.1)
    replica = node.replica(log.origin)
    assert replica is not None
    assert (replica.forked, replica.replicated, first.asked) == (True, 6, [])


async def test_an_older_head_of_the_same_history_is_no_fork(company: Company) -> None:
    log = Log().grow(500)
    node = await company.start(1)
    await _meet(node, _stranger(company, "first", log))
    await until(lambda: (r := node.replica(log.origin)) is not None and r.replicated == 500)
    for size in (0, 1, 255, 256, 499):
        await _meet(node, _stranger(company, f"late {size}", log, size))
    await trio.testing.wait_all_tasks_blocked(0.1)
    replica = node.replica(log.origin)
    assert replica is not None
    assert not replica.forked
    assert not node.accused.told


def _bent(parcel: Parcel) -> Parcel:
    return replace(
        parcel, entries=(parcel.entries[0].replace(b"test.said", b"test.sbid"), *parcel.entries[1:])
    )


@pytest.mark.parametrize(
    "lie",
    ["forged entry", "no proof", "lying proof", "junk", "wrong start", "wrong signature", "empty parcel"],
)
async def test_who_lies_about_a_journal_is_accused_and_another_gives_it(company: Company, lie: str) -> None:
    log = Log().grow(20)
    node = await company.start(1)
    await _meet(node, _stranger(company, "beginning", log, 10))
    await until(lambda: (r := node.replica(log.origin)) is not None and r.replicated == 10)
    liar = _stranger(company, "liar", log)

    def entries(ask: Entries) -> list[bytes]:
        parcel = log.parcel(ask.start, 20)
        match lie:
            case "junk":
                return [b"\xff\x00 junk"]
            case "wrong start":
                return [log.parcel(ask.start + 1, 20).encode()]
            case "wrong signature":
                return [replace(parcel, checkpoint=parcel.checkpoint[:-9] + "AAAAAAA=\n").encode()]
            case "empty parcel":
                return [replace(parcel, entries=()).encode()]
            case _:
                return [_bent(parcel).encode()]

    liar.entries = entries
    if lie == "no proof":
        liar.prove = lambda ask: None
    if lie == "lying proof":
        liar.prove = lambda ask: Proved(b"1" * 32, log.proof(ask.old, ask.new))
    await _meet(node, liar)
    await until(lambda: node.accused.told)
    assert {peer for peer, _ in node.accused.told} == {"liar"}
    assert await node.copy(AUTHOR) == log.entries[:10]
    await _meet(node, _stranger(company, "honest", log))
    await until(lambda: (r := node.replica(log.origin)) is not None and r.replicated == 20)
    assert await node.copy(AUTHOR) == log.entries


async def test_a_size_that_is_only_claimed_is_not_believed(company: Company) -> None:
    log = Log().grow(20)
    node = await company.start(1)
    liar = _stranger(company, "liar", log)
    liar.entries = lambda ask: []
    await _meet(node, liar)
    await until(lambda: liar.asked)
    await trio.testing.wait_all_tasks_blocked(0.1)
    assert len(liar.asked) == 1
    await _meet(node, _stranger(company, "honest", log))
    await until(lambda: (r := node.replica(log.origin)) is not None and r.replicated == 20)


@pytest.mark.parametrize("head", ["", "junk", "a\n\nb\n"])
async def test_a_head_that_is_none_is_accused(company: Company, head: str) -> None:
    node = await company.start(1)
    liar = _stranger(company, "liar", Log())
    liar.heads = [head]
    await _meet(node, liar)
    await until(lambda: node.accused.told)


async def test_a_head_signed_by_somebody_else_is_accused(company: Company) -> None:
    node, log = await company.start(1), Log().grow(3)
    forged = Log(identity=fixed_identity(8)).grow(3).checkpoint().note
    liar = _stranger(company, "liar", log)
    liar.heads = [forged.replace(Log(identity=fixed_identity(8)).origin, log.origin)]
    await _meet(node, liar)
    await until(lambda: node.accused.told)
    assert node.replica(log.origin) is None


async def test_bytes_that_are_no_frames_are_accused(company: Company) -> None:
    node = await company.start(1)
    liar = Stranger(company.network.mesh("liar"), raw=b"\xff" * 100)
    liar.serve()
    await _meet(node, liar)
    await until(lambda: node.accused.told)


async def test_a_journal_of_junk_is_barred_and_its_carrier_is_not_accused(company: Company) -> None:
    node = await company.start(1)
    log = Log(entries=[b'{"signed":"but no entry"}'])
    await _meet(node, _stranger(company, "carrier", log))
    await until(lambda: node.replica(log.origin) is not None)
    await trio.testing.wait_all_tasks_blocked(0.1)
    assert node.accused.told == []
    assert await node.copy(AUTHOR) == []


async def test_an_answer_without_end_is_cut_off_and_others_go_on(company: Company) -> None:
    log = Log().grow(50)
    node, other = await company.start(1), await company.start(2)
    endless = _stranger(company, "endless", log)
    endless.entries = lambda ask: [log.parcel(ask.start, 50).encode()] * 1000
    await _meet(node, endless)
    await mesh_of(node, other)
    await other.say(10)
    await until(whole(node, other))
    await until(lambda: node.accused.told)
    assert await node.copy(AUTHOR) == log.entries


@pytest.mark.parametrize("ask", [b"", b"junk", b'{"ask":"entries","origin":"x","start":-1}', b"[" * 1000])
async def test_what_cannot_be_asked_is_refused_and_the_node_goes_on(company: Company, ask: bytes) -> None:
    node = await company.start(1)
    mesh = company.network.mesh("asker")
    await mesh.dial(node.mesh.addresses[0])
    lines = Lines(mesh, PROTOCOL, accuse=lambda peer, why: None)
    async with trio.open_nursery() as nursery:
        await nursery.start(lines.run)
        with pytest.raises(ChorusError):
            await lines.ask(node.mesh.peer_id, ask, within=5)
        assert await lines.ask(node.mesh.peer_id, b'{"ask":"heads"}', within=5)
        nursery.cancel_scope.cancel()


def _overtaken(reader: Reader) -> object:
    return reader.query("SELECT 1 FROM overtaken")


async def test_a_node_restored_from_an_old_copy_writes_nothing_more(company: Company) -> None:
    one, two = await company.start(1), await company.start(2)
    await one.say(5)
    await company.stop(one)
    shutil.copytree(one.state_dir, company.directory / "old")
    one = await company.start(1)
    await one.say(5)
    await mesh_of(one, two)
    await until(whole(two, one))
    await company.stop(one)
    one = await company.start(1, disk="old")
    await mesh_of(one, two)

    with trio.fail_after(20):
        while not await one.journal.read(_overtaken):  # noqa: ASYNC110 - the database tells nobody
            await trio.sleep(0.01)
    with pytest.raises(Refused, match="restored from an old copy"):
        await one.say(1)
    assert not any(replica.forked for replica in two.replicas.all())
    assert not one.accused.told + two.accused.told
