"""Updates of the virtual Pico, as `sapper update` does them, in the board's own time."""

import random
from collections.abc import Iterator

import flash_layout
import pytest
import slot_choice
from littlefs import LittleFS

from hil.prove.updates.board import BOOT_NS, SimulatedBoard
from hil.prove.updates.power_cut import Recorder, sample, survive
from hil.prove.updates.versions import bundle
from hil.prove.updates.works import all_works
from hil.rigs.firmware import default_uf2
from hil.rigs.rig import NS_PER_MS
from hil.rigs.spread import WORN
from hil.rigs.virtual import VirtualPico
from sapper.crypto.keys import key_id
from sapper.crypto.team_proof import proof
from sapper.shared.pins import GPIO
from sapper_host.board.dialog import Dialog
from sapper_host.errors import BoardError, LinkGoneError, NoAnswerError
from sapper_host.update.bundle import BundleError
from sapper_host.update.update import UpdateError, identify, update

pytestmark = [pytest.mark.virtual, pytest.mark.xdist_group("update")]

KEY = bytes(range(32))
BROKEN = {
    "raises as it is imported": {"sapper/shared/settings.py": "raise ValueError('broken')"},
    "hangs as it is imported": {"sapper/shared/settings.py": "while True:\n    pass"},
    "raises in every tick": {"sapper/drive/motion.py": "def _no(*_):\n    raise ValueError('no')\nMotion.step = _no"},
    "fails its self-test": {"sapper/safety/checks.py": "TRIAL = (('never', lambda app: 'passes'),)"},
    "lacks what it imports": {"sapper/console/console.py": "import nothing_of_the_kind"},
}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory):
    return bundle(tmp_path_factory.mktemp("first"), {"sapper/link/status.py": "_FIRST = 1"})


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory):
    return bundle(tmp_path_factory.mktemp("second"), {"sapper/link/status.py": "_OTHER = 1"})


@pytest.fixture(scope="module")
def updated_flash(first) -> bytes:
    """Flash of a board that runs `first` from slot a."""
    with VirtualPico(default_uf2(), seed=3) as pico:
        pico.run(BOOT_NS)
        result = update(SimulatedBoard(pico), first)
        assert (result.outcome, result.after["source"], result.after["why"]) == ("updated", "slot_a", "chosen")
        return pico.flash.image()


@pytest.fixture
def board(updated_flash: bytes) -> Iterator[SimulatedBoard]:
    with VirtualPico(None, flash_image=updated_flash, seed=4) as pico:
        pico.run(BOOT_NS)
        yield SimulatedBoard(pico)


def test_nothing_changed_writes_nothing(board, first):
    operations = board.pico.flash.operations
    assert update(board, first).outcome == "unchanged"
    assert board.pico.flash.operations == operations


def test_one_changed_module_goes_to_the_other_slot_and_little_else_is_sent(board, second):
    result = update(board, second)
    assert (result.outcome, result.after["source"], result.after["content"]) == ("updated", "slot_b", second.content)
    assert result.bytes < 20_000 and len(second.image) > 100_000


def test_worn_flash_takes_an_update_within_what_the_laptop_waits(updated_flash, second):
    """Every erase and page takes the longest that the data sheet allows."""
    with VirtualPico(None, flash_image=updated_flash, seed=4, flash_wear=WORN) as pico:
        pico.run(BOOT_NS)
        result = update(SimulatedBoard(pico), second)
        assert (result.outcome, result.after["source"]) == ("updated", "slot_b")
        erased = [each for each in pico.flash.operation_log() if each.name != "program"]
        assert erased and max(each.busy_ns for each in erased) > 350 * NS_PER_MS


@pytest.mark.parametrize("how", BROKEN)
def test_an_update_that_does_not_prove_itself_is_fallen_back_from(board, first, tmp_path, how):
    broken = bundle(tmp_path, BROKEN[how])
    with pytest.raises(UpdateError, match="did not prove itself"):
        update(board, broken)
    now = identify(board)
    assert (now["source"], now["why"], now["content"]) == ("slot_a", "fell_back", first.content)
    assert board.pico.pin(GPIO["MOTOR_EN"]).level == 0
    board.pico.power_cut()
    board.pico.power_on()
    board.pico.run(BOOT_NS)
    assert identify(board)["why"] == "chosen", "and it stays with what it fell back to"


def test_a_first_update_that_fails_leaves_the_factory_image(tmp_path):
    with VirtualPico(default_uf2(), seed=5) as pico:
        pico.run(BOOT_NS)
        board = SimulatedBoard(pico)
        with pytest.raises(UpdateError):
            update(board, bundle(tmp_path, BROKEN["raises as it is imported"]))
        now = identify(board)
        assert (now["source"], now["why"]) == ("factory", "fell_back")


def test_the_factory_image_runs_again_when_told_and_an_update_after_that(board, second):
    assert board.dialog.ask("update run factory", 5.0).ok
    board.dialog.ask("reboot")
    board.reopen(5.0)
    assert (identify(board)["source"], identify(board)["why"]) == ("factory", "chosen")
    assert update(board, second).after["source"] == "slot_a"


def test_a_board_with_a_team_key_takes_what_is_signed_with_it_and_nothing_else(board, second, tmp_path):
    assert board.dialog.ask("teamkey " + KEY.hex(), 5.0).text == "teamkey=" + key_id(KEY)
    before = board.pico.flash.operations
    other = bundle(tmp_path / "other", {"sapper/link/status.py": "_OTHER = 1"}, bytes(32))
    for refused in (second, other):
        with pytest.raises(BundleError, match="team key"):
            update(board, refused)
    # A laptop that does not look, too, is refused: by the board itself, when all has arrived.
    forged = type(second)(second.image, second.trailer, second.values | {"key": key_id(KEY)}, second.files)
    with pytest.raises(BoardError, match="signature"):
        update(board, forged)
    board.reopen(5.0)
    now = identify(board)
    assert (now["source"], now["why"]) == ("factory", "slot_damaged"), "what ran before is not signed either"
    assert board.pico.flash.operations > before, "the idle slot was written, to no effect"
    signed = bundle(tmp_path / "signed", {"sapper/link/status.py": "_OTHER = 1"}, KEY)
    assert update(board, signed).after["source"] == "slot_a"


def restarted(board: SimulatedBoard) -> dict[str, str]:
    board.pico.power_cut()
    board.pico.power_on()
    board.pico.run(BOOT_NS)
    board.reopen(5.0)
    return identify(board)


def test_what_lay_in_the_slots_before_the_team_key_came_is_chosen_no_more(board, second):
    assert update(board, second).after["source"] == "slot_b"
    assert board.dialog.ask("update run slot_a", 5.0).ok, "before the key it is"
    board.dialog.ask("update run slot_b", 5.0, check=False)
    answer = board.dialog.ask("teamkey " + KEY.hex(), 5.0)
    assert "the factory image starts next time" in answer.lines[0]
    for slot in ("slot_a", "slot_b"):
        refused = board.dialog.ask(f"update run {slot}", 5.0, check=False)
        assert refused.error_name == "slot" or "runs already" in refused.text, refused
    assert restarted(board)["source"] == "factory"
    for slot in ("slot_a", "slot_b"):
        assert "not signed with the team's key" in board.dialog.ask(f"update run {slot}", 5.0, check=False).text
    states = [line.split()[1] for line in board.dialog.ask("update", 5.0).lines]
    assert states == ["state=not_signed_with_the_team's_key"] * 2


def test_erasing_the_storage_does_not_open_the_board(board, second):
    """Nor does a power cut anywhere in between: the key is not in what is erased."""
    board.dialog.ask("teamkey " + KEY.hex(), 5.0)
    before = board.pico.flash.operations
    board.dialog.write(b"storage erase\n")
    while board.pico.flash.operations == before:
        board.pico.run(NS_PER_MS)
    restarted(board)
    board.dialog.ask("storage erase", 10.0)
    assert restarted(board)["source"] == "factory"
    assert board.dialog.ask("teamkey").text == "teamkey=" + key_id(KEY)
    assert board.dialog.ask("teamkey none", 5.0, check=False).error_name == "proof"
    with pytest.raises(BundleError, match="team key"):
        update(board, second)
    nonce = bytes.fromhex(board.dialog.ask("nonce").values()["nonce"])
    assert board.dialog.ask(f"teamkey none {proof(KEY, nonce, 'none')}", 5.0).text == "teamkey=none"
    assert update(board, second).outcome == "updated"


def test_a_team_key_that_is_spoilt_in_flash_refuses_updates_until_it_is_put_in_again(board, second):
    board.dialog.ask("teamkey " + KEY.hex(), 5.0)
    image = bytearray(board.pico.flash.image())
    half = len(image) // 2
    for offset in flash_layout.SLOT_OFFSETS.values():
        at = half + offset + flash_layout.KEY_SECTOR * flash_layout.SECTOR_BYTES
        assert image[at : at + 13] == b"sapper-kept 1"
        image[at + 20] ^= 1
    with VirtualPico(None, flash_image=bytes(image), seed=11) as pico:
        pico.run(BOOT_NS)
        other = SimulatedBoard(pico)
        assert identify(other)["source"] == "factory"
        assert other.dialog.ask("teamkey").text == "teamkey=spoilt"
        with pytest.raises(BundleError, match="spoilt"):
            update(other, second)
        assert other.dialog.ask("update receive", check=False).error_name == "teamkey"
        assert other.dialog.ask("teamkey " + KEY.hex(), 5.0).text == "teamkey=" + key_id(KEY)
        with pytest.raises(BundleError, match="signed with team key"):
            update(other, second)


def test_an_older_bundle_is_refused_by_laptop_and_board_and_taken_when_it_is_allowed(board, second):
    trailer = second.trailer.replace(b"version=0.1.0", b"version=0.0.9")
    old = type(second)(second.image, trailer, second.values | {"version": "0.0.9"}, second.files)
    with pytest.raises(BundleError, match="older than what the board runs") as refused:
        update(board, old)
    assert "--allow-older" in refused.value.remedy
    lying = type(second)(second.image, trailer, second.values, second.files)
    with pytest.raises(BoardError, match="older"):
        update(board, lying)
    board.reopen(5.0)
    assert identify(board)["source"] == "slot_a"
    assert update(board, old, allow_older=True).after["source"] == "slot_b"


class AwkwardDialog(Dialog):
    """A line on which bytes get lost and garbled."""

    def __init__(self, *args, seed):
        super().__init__(*args)
        self._rng = random.Random(seed)

    def write(self, data):
        if len(data) > 200 and self._rng.random() < 0.2:
            at = self._rng.randrange(len(data))
            data = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 + self._rng.randrange(2) :]
        super().write(data)


def test_bytes_that_get_lost_are_sent_again(board, second):
    board.dialog = AwkwardDialog(board.dialog._stream, board.clock, seed=6)
    board.reopen = lambda wait_s: None
    assert update(board, second, tries=20).outcome == "updated"


def test_it_goes_on_where_it_was_after_the_cable_was_pulled(second, tmp_path):
    everything = bundle(tmp_path, {"sapper/link/status.py": "_EVERYTHING = 1"})
    with VirtualPico(default_uf2(), seed=8) as pico:
        pico.run(BOOT_NS)
        board = SimulatedBoard(pico)
        shares = []

        def pull(step: str, share: float) -> None:
            shares.append(share)
            if step == "sending" and share > 0.5 and len(shares) < 100:
                shares.extend([0.0] * 100)
                pico.usb.unplug()
                raise LinkGoneError("pulled", "")

        def plug(wait_s: float) -> None:
            if pico.usb.state == "unplugged":
                pico.run(5000 * NS_PER_MS)
                pico.usb.plug()
                pico.run(300 * NS_PER_MS)
            SimulatedBoard.reopen(board, wait_s)

        board.reopen = plug
        result = update(board, everything, pull)
        assert (result.outcome, result.resumed) == ("updated", 1)
        assert result.sent < result.sectors, "what had arrived before was not sent again"


def test_a_laptop_that_leaves_in_the_middle_leaves_the_board_as_it_was(board, first):
    board.dialog.ask("update receive")
    assert board.dialog.answer_line(2.0) == "ok receiving"
    board.dialog.write(b"H\x00\x10\x00????half a message")
    board.pico.run(12_000 * NS_PER_MS)
    board.reopen(5.0)
    now = identify(board)
    assert (now["source"], now["content"]) == ("slot_a", first.content)


def test_a_full_file_system_does_not_stand_in_the_way(updated_flash, second):
    """The pointer is small enough to need no block of its own; the image has its own place."""
    blocks = flash_layout.FILES_BYTES // 4096
    files = LittleFS(
        block_size=4096, block_count=blocks, prog_size=256, read_size=32, cache_size=256, lookahead_size=32
    )
    with files.open("update.txt", "w") as file:
        file.write(slot_choice.text("a", slot_choice.FACTORY, slot_choice.KEPT))
    with files.open("most", "wb") as file:
        for _ in range(blocks - 12):
            file.write(bytes(4096))
    flash = bytearray(updated_flash)
    start = len(flash) // 2
    flash[start : start + flash_layout.FILES_BYTES] = files.context.buffer
    fill = "f=open('/rest','wb')\ntry:\n while True: f.write(bytes(4096))\nexcept OSError as e: print('E', e.errno)\n"
    with VirtualPico(None, flash_image=bytes(flash), seed=9) as pico:
        pico.run(BOOT_NS)
        board = SimulatedBoard(pico)
        board.dialog.ask("repl")
        pico.run(300 * NS_PER_MS)
        board.dialog.write(b"\x01" + fill.encode() + b"\x04")
        while "E 28" not in (line := board.dialog.line(20.0) or "nothing"):
            assert line != "nothing"
        board.dialog.write(b"\x02\x04")
        pico.run(BOOT_NS)
        assert update(board, second).after["source"] == "slot_b"


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory):
    return {work.name: work for work in all_works(tmp_path_factory.mktemp("works"))}


@pytest.mark.parametrize("name", ["update of one module", "settings saved", "provisioning"])
def test_a_sample_of_the_power_cuts_is_survived(works, name, whole):
    """All of them: `make powercut`."""
    with VirtualPico(default_uf2(), seed=1) as pico, VirtualPico(None, power=False, seed=2) as other:
        recorder = Recorder(pico, works[name])
        cuts = sample(recorder.recording.cuts(), 8 if whole else 5)
        found = {survive(other, recorder.work, image) for _, _, image in recorder.images(cuts)}
    assert {wrong for _, wrong in found} == {""}
    assert len(found) >= 2, "the board was found in the old state and in the new"


def test_no_answer_at_all_is_told():
    with VirtualPico(default_uf2(), power=False) as pico, pytest.raises((LinkGoneError, NoAnswerError)):
        identify(SimulatedBoard(pico), 1.0)
