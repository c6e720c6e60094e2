"""Corrections go up whole, within their budget and behind all else; what is wrong with their source is told once."""

from __future__ import annotations

import pytest

from sapper_host.board.signing import WatchOnlyError
from sapper_host.errors import LinkGoneError
from sapper_host.field.corrections import Corrections, CorrectionsThread
from sapper_host.field.rtcm_source import SourceError
from tests.host.field.rtcm_made import Base, FakeWay, Kit, epoch, every_second, framed, message, msm

pytestmark = pytest.mark.unit


# What goes up


def test_what_a_base_says_goes_up_whole_and_in_order() -> None:
    rows = every_second(20)
    kit = Kit(*rows)
    kit.run(22)
    assert kit.way.data == b"".join(data for _, data in rows)
    assert not kit.told and kit.corrections.age_words(kit.now_s).startswith("corrections ")


def test_what_is_spoilt_is_counted_and_left_out_and_the_next_goes() -> None:
    good = [msm(1074, 1000 * i) for i in range(4)]
    bad = bytearray(good[1])
    bad[20] ^= 4
    kit = Kit((0.1, good[0]), (1.1, bytes(bad)), (2.1, b"\r\n$GNGGA,*00\r\n" + good[2]), (3.1, good[3]))
    kit.run(5)
    assert kit.frames() == [good[0], good[2], good[3]] and kit.corrections.framer.spoilt >= 1


def test_a_length_that_lies_waits_for_no_more_than_two_seconds_of_silence() -> None:
    lying, frame = b"\xd3\x03\xff", msm(1074, 1000)
    kit = Kit((0.1, lying + frame))
    kit.run(1.5)
    assert not kit.way.sent
    kit.run(2.5)
    assert kit.frames() == [frame]


def test_what_a_receiver_does_not_need_stays_here() -> None:
    kept = [message(1005), message(1006), message(1033), message(1230)]
    other = [message(n) for n in (1004, 1012, 1019, 1042, 1104, 1114, 4072)]
    seen = [msm(n, 0) for n in (1077, 1087, 1097, 1127)]
    kit = Kit((0.1, b"".join([*other, *kept, *seen, msm(1071, 0), framed(b"")])))
    kit.run(10)
    assert sorted(kit.frames()) == sorted([*kept, *seen])
    assert kit.corrections.queue.left_out == len(other) + 2


def test_what_a_base_tells_of_itself_goes_up_every_five_seconds_and_at_once_when_it_changes() -> None:
    place = message(1005)
    rows = [(0.1 + i, place) for i in range(10)] + [(10.1, message(1005, fill=3))]
    kit = Kit(*rows)
    kit.run(12)
    assert kit.frames() == [place, place, message(1005, fill=3)]


def test_a_base_that_tells_of_itself_without_end_does_not_keep_its_epochs_back() -> None:
    rows = [(i / 10, message(1005, size=19, fill=i)) for i in range(1, 200)]
    kit = Kit(*sorted(rows + [(0.05 + i, msm(1074, 1000 * i)) for i in range(20)]), rate_b_s=100)
    kit.run(20)
    assert len([frame for frame in kit.frames() if len(frame) == 126]) >= 10


# Within its budget, the newest first


@pytest.mark.parametrize("rate", [100, 400, 1000])
def test_no_more_goes_up_than_may(rate: int) -> None:
    kit = Kit(*every_second(30, size=700), rate_b_s=rate)
    kit.run(30)
    sent = kit.way.sent
    for i, (from_s, _) in enumerate(sent):
        total = 0
        for at_s, data in sent[i:]:
            total += len(data)
            # What was sent last need not have gone by; and a piece may be late by a tenth of a second.
            assert total - len(data) <= rate * (at_s - from_s + 0.11)
    assert len(kit.way.data) > 0.8 * rate * 28, "and what may, goes"


def test_when_more_comes_than_goes_whole_old_epochs_are_left_out_and_it_is_told_once() -> None:
    rows = every_second(40, size=250)
    kit = Kit(*rows)
    kit.run(45)
    frames = kit.frames()
    epochs = [epoch(1000 * i, 250) for i in range(40)]
    whole = [i for i, each in enumerate(epochs) if all(frame in frames for frame in each)]
    assert frames == [frame for i in whole for frame in epochs[i]], "none by halves, and in order"
    assert 10 <= len(whole) < 20 and whole[-1] == 39, "the newest is among them"
    assert kit.corrections.queue.replaced == 40 - len(whole)
    assert len(kit.told) == 1 and "--rtcm-rate" in kit.told[0]


def test_a_burst_after_a_stall_of_the_network_leaves_the_newest() -> None:
    burst = b"".join(b"".join(epoch(1000 * i)) for i in range(30))
    kit = Kit((0.1, burst))
    kit.run(20)
    assert kit.frames() == epoch(29_000)


def test_an_epoch_whose_messages_do_not_say_what_follows_is_one_all_the_same() -> None:
    rows = [(0.1 + i, b"".join(msm(n, 1000 * i) for n in (1074, 1084, 1094))) for i in range(5)]
    kit = Kit(*rows, rate_b_s=250)
    kit.run(10)
    frames = kit.frames()
    for i in range(5):
        assert sum(msm(n, 1000 * i) in frames for n in (1074, 1084, 1094)) in (0, 3)


def test_an_epoch_that_comes_slowly_frame_by_frame_is_one_all_the_same() -> None:
    rows = [(0.1 + i + 0.2 * k, frame) for i in range(8) for k, frame in enumerate(epoch(1000 * i, 100))]
    kit = Kit(*rows, rate_b_s=250)
    kit.run(15)
    whole = [i for i in range(8) if any(frame in kit.frames() for frame in epoch(1000 * i, 100))]
    assert kit.frames() == [frame for i in whole for frame in epoch(1000 * i, 100)] and len(whole) < 7


def test_an_epoch_larger_than_any_is_cut_and_counted() -> None:
    kit = Kit((0.1, b"".join(msm(1074, 0, True, 20 + i) for i in range(40))))
    kit.run(20)
    assert len(kit.frames()) == 16 and kit.corrections.queue.left_out == 24


# Behind all else


def test_nothing_goes_while_the_mission_speaks_and_then_the_newest() -> None:
    kit = Kit(*every_second(60))
    kit.way.is_free = False
    kit.run(30)
    assert not kit.way.sent
    kit.way.is_free = True
    kit.run(3)
    assert kit.frames()[:4] == epoch(29_000, 60) and not kit.told


def test_a_link_that_comes_back_after_long_is_given_nothing_old() -> None:
    kit = Kit(*every_second(3))
    kit.way.is_free = False
    kit.run(14)
    kit.way.is_free = True
    kit.run(3)
    assert not kit.way.sent and kit.corrections.queue.stale == 1


def test_one_line_is_under_way_at_most_and_one_that_is_lost_holds_up_the_next_for_a_second() -> None:
    kit = Kit(*every_second(20), rate_b_s=1000)
    kit.way.delay_s = 0.3
    kit.run(5)
    assert kit.way.most_open == 1
    kit.way.delay_s = None
    before = len(kit.way.sent)
    kit.run(5)
    assert 4 <= len(kit.way.sent) - before <= 6


def test_a_link_that_is_gone_amid_a_frame_ends_it_and_the_next_begins_whole() -> None:
    kit = Kit(*every_second(4, size=300))
    kit.run(0.3)
    assert len(kit.way.sent) == 2, "of four"
    kit.way.error = LinkGoneError("gone")
    kit.run(0.5)
    kit.way.error = None
    sent = len(kit.way.data)
    kit.run(5)
    assert kit.way.data[sent] == 0xD3 and not kit.told


def test_the_age_is_that_of_what_the_board_took() -> None:
    kit = Kit(*every_second(3))
    assert kit.corrections.age_words(kit.now_s) == "no corrections yet"
    kit.way.delay_s = None
    kit.run(4)
    assert kit.corrections.age_words(kit.now_s) == "no corrections yet"
    kit = Kit(*every_second(3))
    kit.run(8)
    age = float(kit.corrections.age_words(kit.now_s).split()[1])
    assert 4.5 < age < 6


def test_what_the_board_says_against_it_is_told_once_and_one_word_alone_is_not() -> None:
    kit = Kit(*every_second(30))
    kit.way.last = "err value: no RTCM 3 in it"
    kit.run(0.3)
    kit.way.last = "ok waiting=0"
    kit.run(5)
    assert not kit.told
    kit.way.last = "err memory: no room for a field; flash it over USB"
    kit.run(10)
    assert len(kit.told) == 1 and "memory: no room for a field; flash it over USB" in kit.told[0]
    assert kit.corrections.age_words(kit.now_s).startswith("corrections ")


def test_a_radio_that_cannot_be_signed_for_is_told_with_what_to_do() -> None:
    kit = Kit(*every_second(30))
    kit.way.error = WatchOnlyError("this laptop has no radio key", "bring it")
    kit.run(20)
    assert len(kit.told) == 1 and "no radio key; bring it" in kit.told[0]


# A source that fails


def test_silence_is_told_once_with_what_to_do_and_its_end_too() -> None:
    kit = Kit(*every_second(3), *[(60 + at, data) for at, data in every_second(3)])
    kit.run(55)
    assert len(kit.told) == 1 and "no corrections for 10 s: nothing comes from tcp:base:2101: look at" in kit.told[0]
    assert "the mission goes on" in kit.told[0]
    assert len(kit.base.opened) >= 3, "it is opened anew, with a pause"
    assert min(b - a for a, b in zip(kit.base.opened, kit.base.opened[1:], strict=False)) >= 5
    kit.run(10)
    assert kit.told[1:] == ["corrections come again from tcp:base:2101"] and epoch(0, 60)[0] in kit.frames()


def test_bytes_that_are_no_rtcm_and_rtcm_without_observations_are_told_apart() -> None:
    kit = Kit(*[(0.5 * i, b"$GNGGA,1,2*33\r\n") for i in range(60)])
    kit.run(25)
    assert len(kit.told) == 1 and "is no RTCM 3" in kit.told[0] and len(kit.base.opened) == 1
    kit = Kit(*[(0.5 * i, message(1004) + message(1005)) for i in range(60)])
    kit.run(25)
    assert len(kit.told) == 1 and "sends no MSM4 or MSM7" in kit.told[0]
    assert len(kit.frames()) > 2 and kit.corrections.age_words(kit.now_s) == "no corrections yet"


def test_a_frame_that_only_a_silence_brings_to_light_is_no_trouble() -> None:
    kit = Kit((9.9, b"\xd3\x03\xff" + message(1004)))
    kit.run(60)
    assert len(kit.told) == 1 and kit.corrections.framer.frames == 1


def test_a_source_that_goes_is_opened_again_and_again() -> None:
    gone = SourceError("tcp:base:2101 has closed the connection", "look at the relay")
    kit = Kit((0.1, b"".join(epoch(0))), (1.0, gone), *[(20 + at, data) for at, data in every_second(3)])
    kit.run(2)
    assert not kit.base.is_open and "closed the connection; look at the relay" in kit.told[0]
    kit.base.refuses = SourceError("tcp:base:2101 cannot be reached", "look")
    kit.run(17)
    assert 3 <= len(kit.base.opened) <= 5 and len(kit.told) == 1
    kit.base.refuses = None
    kit.run(10)
    assert kit.told[1:] == ["corrections come again from tcp:base:2101"]


def test_half_a_frame_before_a_break_is_not_joined_with_what_comes_after() -> None:
    frame = msm(1074, 0, size=900)
    kit = Kit((0.1, frame[:50]), (0.2, SourceError("gone", "")), (6, msm(1074, 6000)))
    kit.run(7)
    assert kit.frames() == [msm(1074, 6000)]


def test_a_recording_that_ends_is_told_and_not_played_again() -> None:
    kit = Kit((0.1, b"".join(epoch(0))), (1, SourceError("x.rtcm3 is at its end", "run it again", ended=True)))
    kit.run(40)
    assert len(kit.base.opened) == 1 and len(kit.told) == 1 and "at its end; run it again" in kit.told[0]


def test_leaving_ends_the_thread_and_lets_go_of_the_source() -> None:
    base, way = Base(), FakeWay()
    with CorrectionsThread(Corrections(base)) as thread:
        thread.begin(way)
        while not base.is_open:
            pass
    assert thread._thread is not None and not thread._thread.is_alive() and not base.is_open
    assert thread.age_words(0.0) == "; no corrections yet"


def test_a_fault_of_ours_is_told_and_not_lost_with_its_thread() -> None:
    class Broken(Base):
        def read(self) -> bytes:
            raise RuntimeError("broken")

    base = Broken()
    with CorrectionsThread(Corrections(base)) as thread:
        thread.begin(FakeWay())
        assert thread._thread is not None
        thread._thread.join(5)
        assert thread.news() == ["no corrections any more (broken): run the mission again"] and not base.is_open


def test_without_a_source_nothing_runs_and_nothing_is_told() -> None:
    with CorrectionsThread(None) as thread:
        thread.begin(FakeWay())
        assert thread._thread is None and thread.news() == [] and thread.age_words(1.0) == ""
