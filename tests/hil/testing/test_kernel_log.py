"""The kernel's words on USB: errors are known as such, a bench's daily comings and goings are none."""

import os
from pathlib import Path

import pytest

from hil.errors import HilError
from hil.testing.kernel_log import LOST, KernelLog, errors_at, trouble

pytestmark = pytest.mark.unit

# A board that is flashed: it goes, comes as a drive, goes, comes as a serial port.
HEALTHY = """\
[  812.104771] usb 1-1.2: USB disconnect, device number 7
[  812.391920] usb 1-1.2: new full-speed USB device number 8 using xhci_hcd
[  812.494417] usb 1-1.2: New USB device found, idVendor=2e8a, idProduct=0003, bcdDevice= 1.00
[  812.494430] usb 1-1.2: New USB device strings: Mfr=1, Product=2, SerialNumber=3
[  812.494435] usb 1-1.2: Product: RP2 Boot
[  812.494439] usb 1-1.2: Manufacturer: Raspberry Pi
[  812.496718] usb-storage 1-1.2:1.0: USB Mass Storage device detected
[  812.497108] scsi host0: usb-storage 1-1.2:1.0
[  813.530093] scsi 0:0:0:0: Direct-Access     RPI      RP2              3    PQ: 0 ANSI: 2
[  813.533021] sd 0:0:0:0: [sda] Attached SCSI removable disk
[  815.871207] usb 1-1.2: USB disconnect, device number 8
[  816.160112] usb 1-1.2: new full-speed USB device number 9 using xhci_hcd
[  816.262881] usb 1-1.2: New USB device found, idVendor=2e8a, idProduct=0005, bcdDevice= 1.00
[  816.264730] cdc_acm 1-1.2:1.0: ttyACM0: USB ACM device
[  820.000001] EXT4-fs error (device mmcblk0p2): htree_dirblock_to_tree:1003: inode #2: comm ls: error -71
[  820.100000] brcmfmac: brcmf_sdio_bus_rxctl: resumed on timeout, failed
"""
# The same place with a bad cable.
SICK = """\
[  393.639598] usb 1-1.2: new full-speed USB device number 12 using xhci_hcd
[  393.767782] usb 1-1.2: device descriptor read/64, error -71
[  394.711770] usb 1-1-port2: attempt power cycle
[  395.367920] usb 1-1.2: Device not responding to setup address.
[  395.783768] usb 1-1.2: device not accepting address 14, error -71
[  395.995712] usb 1-1-port2: unable to enumerate USB device
"""


def test_a_board_that_is_flashed_and_comes_back_is_no_trouble() -> None:
    assert errors_at(HEALTHY.splitlines(), ["1-1.2"]) == []


def test_a_bad_cable_is_told_line_by_line_for_its_own_place_only() -> None:
    lines = SICK.splitlines()
    assert [line.split("] ")[1] for line in lines[1:]] == errors_at(lines, ["1-1.2"])
    assert errors_at(lines, ["1-1.3", "1-2", "2-1.2", "1-1.20"]) == []


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("3,1187,52339012,-;usb usb1-port1: over-current condition", "1-1"),
        ("3,1187,52339012,-;usb 1-1-port4: over-current change #3", "1-1.4"),
        ("Dec 10 21:32:16 bench kernel: usb usb3-port1: Cannot enable. Maybe the USB cable is bad?", "3-1"),
        ("[Thu Dec 10 21:32:14 2020] usb 3-1: device descriptor read/64, error -71", "3-1"),
        ("[52339.01] usb usb1-port2: disabled by hub (EMI?), re-enabling...", "1-2"),
        ("[176149.256706] hub 3-0:1.0: over-current change on port 1", "3-1"),
        ("[176149.256706] hub 3-0:1.0: unable to enumerate USB device on port 2", "3-2"),
        ("[176149.256706] hub 3-1.4:1.0: port 2 disabled by hub (EMI?), re-enabling...", "3-1.4.2"),
        ("[  99.1] hub 1-1:1.0: hub_ext_port_status failed (err = -71)", "1-1"),
        ("[  99.1] usb 1-1.2: reset full-speed USB device number 5 using xhci_hcd", "1-1.2"),
        ("[  99.1] usb 1-1.2: can't set config #1, error -110", "1-1.2"),
        ("[  99.1] usb 1-1: clear tt 1 (9041) error -71", "1-1"),
        ("[  99.1] cdc_acm 1-1.2:1.1: failed to set dtr/rts", "1-1.2"),
        ("[  99.1] cdc_acm 1-1.2:1.1: acm_port_activate - usb_submit_urb(ctrl irq) failed", "1-1.2"),
        ("[  99.1] xhci_hcd 0000:00:14.0: xHCI host controller not responding, assume dead", ""),
        ("[  99.1] xhci_hcd 0000:01:00.0: HC died; cleaning up", ""),
        ("[  99.1] xhci-hcd xhci-hcd.0.auto: Host halt failed, -110", ""),
        ("[  99.1] dwc2 3f980000.usb: dwc2_hc_halt() Channel can't be halted: halt timed out", ""),
    ],
)
def test_what_kernels_of_many_years_say(line: str, place: str) -> None:
    found = trouble(line)
    assert found is not None and found.place == place and found.text in line


def test_what_a_device_calls_itself_is_no_trouble() -> None:
    assert trouble("[  99.1] usb 1-1.2: Product: Failed experiment, error -71") is None


def test_a_hub_on_the_way_and_a_dead_controller_concern_every_board_behind_them() -> None:
    hub = "[ 1.0] usb 1-1: device not accepting address 3, error -71"
    dead = "[ 1.0] xhci_hcd 0000:01:00.0: HC died; cleaning up"
    assert errors_at([hub], ["1-1.2"]) and not errors_at([hub], ["1-12"])
    assert errors_at([dead], ["4-2"]) == ["xhci_hcd 0000:01:00.0: HC died; cleaning up"]
    assert errors_at([LOST], ["4-2"]) == [LOST]


def test_news_are_what_came_since_and_half_of_a_record_is_not_taken_for_a_line(tmp_path: Path) -> None:
    path = tmp_path / "kmsg"
    path.write_text("3,1,1,-;usb 1-1: device descriptor read/64, error -71\n")
    with KernelLog(path) as log:
        assert log.news() == []
        with path.open("a") as file:
            file.write("6,2,2,-;usb 1-1: USB disconnect, device number 3\n SUBSYSTEM=usb\n DEVICE=c189:2\n")
        assert log.news() == ["6,2,2,-;usb 1-1: USB disconnect, device number 3"]
        assert log.news() == []


def test_a_log_that_may_not_be_read_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(HilError, match="errors of USB would go unseen; set kernel.dmesg_restrict to 0"):
        KernelLog(tmp_path / "none")


@pytest.mark.skipif(not os.access("/dev/kmsg", os.R_OK), reason="/dev/kmsg is not for this user")
def test_this_hosts_own_log_is_read_from_its_end() -> None:
    try:
        log = KernelLog()
    except HilError:
        pytest.skip("/dev/kmsg cannot be opened here")
    with log:
        assert log.news() == []
