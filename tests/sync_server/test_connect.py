"""How phones connect: the office's three choices, what is kept of them, and how `doorstep serve` follows."""

from __future__ import annotations

import asyncio
import socket
import ssl
import stat
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from litestar import Litestar

from shared.problems import ProblemError
from sync_server import serve_choice
from sync_server.cli.serving import Options, planned, until_stopped
from sync_server.console.pages.connect import LEAD_S
from sync_server.crypto import given_certificate, tls
from sync_server.office import connect, doctor, own_addresses, phones
from sync_server.serve_choice import EVERYWHERE, Choice, Running
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import audit
from tests.support.console_browser import Browser, people, signed_in
from tests.support.devices import working_phone

DOMAIN = "daikuan.example.cn"
LAN = "192.168.1.20"
NOW = datetime.now(UTC)
PEM = serialization.Encoding.PEM


def key_pem(key: ec.EllipticCurvePrivateKey, passphrase: bytes = b"") -> bytes:
    locked = serialization.BestAvailableEncryption(passphrase) if passphrase else None
    return key.private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, locked or serialization.NoEncryption()
    )


def bought(
    names: Sequence[str] = (DOMAIN,), *, first: int = -1, last: int = 90, passphrase: bytes = b""
) -> tuple[bytes, bytes]:
    """A certificate and its key, as a county gets them; days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "county")])
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=first))
        .not_valid_after(NOW + timedelta(days=last))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(PEM), key_pem(key, passphrase)


def refused(call: Callable[..., object], *args: object, **named: object) -> str:
    with pytest.raises(ProblemError) as found:
        call(*args, **named)
    return found.value.code


def chosen(services: Services) -> Choice:
    return serve_choice.read(services.settings.data_dir)


def actions(services: Services) -> list[str]:
    return [note.action for note in services.database.read(lambda c: audit.listed(c, 20))]


# ---- the office's verbs ----


def test_the_wireless_network_gets_a_root_for_one_address(services: Services) -> None:
    choice = connect.wireless(services, LAN, who="t", port=8350)
    assert choice == chosen(services)
    assert (choice.url, choice.host, choice.port) == (f"https://{LAN}:8350", EVERYWHERE, 8350)
    assert tls.served(tls.folder(services.settings)).names == [LAN]
    file = serve_choice.file_of(services.settings.data_dir)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert actions(services)[0] == "connect.wireless"


def test_the_same_address_again_keeps_the_root(services: Services) -> None:
    place = tls.folder(services.settings)
    connect.wireless(services, "doorstep.lan", who="t")
    first = tls.served(place)
    connect.wireless(services, "Doorstep.lan.", who="t")
    assert tls.served(place) == first


def test_a_certificate_about_to_run_out_is_renewed_under_the_same_root(services: Services) -> None:
    place = tls.folder(services.settings)
    old = tls.init(place, LAN, (), NOW - tls.LEAF_LIFE + timedelta(days=5))
    connect.wireless(services, LAN, who="t")
    now = tls.served(place)
    assert (now.root_fingerprint, now.until > old.until) == (old.root_fingerprint, True)


def test_another_address_is_no_trap_before_the_first_phone(services: Services) -> None:
    place = tls.folder(services.settings)
    connect.wireless(services, LAN, who="t")
    connect.wireless(services, "10.0.0.7", who="t")
    assert tls.served(place).names == ["10.0.0.7"]
    aside = [p for p in place.parent.iterdir() if p.name.startswith("tls.until-")]
    assert tls.served(aside[0]).names == [LAN]


async def test_once_a_phone_is_enrolled_the_root_stays(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    connect.wireless(services, LAN, who="t")
    before = chosen(services)
    await working_phone(http, services)
    assert refused(connect.wireless, services, "10.0.0.7", who="t") == "tls.exists"
    assert chosen(services) == before


@pytest.mark.parametrize(
    ("host", "code"), [("", "tls.bad_host"), ("a b", "tls.bad_host"), ("com.cn", "tls.too_broad")]
)
def test_what_is_no_address_of_ones_own_changes_nothing(
    services: Services, host: str, code: str
) -> None:
    connect.wireless(services, LAN, who="t")
    before = chosen(services)
    assert refused(connect.wireless, services, host, who="t") == code
    assert chosen(services) == before
    assert tls.served(tls.folder(services.settings)).names == [LAN]


def test_an_ipv6_address_is_listened_on_as_such(services: Services) -> None:
    choice = connect.wireless(services, "fd00::7", who="t")
    assert (choice.url, choice.host) == ("https://[fd00::7]:8350", "::")


def test_a_domain_with_its_certificate_is_checked_and_kept(services: Services) -> None:
    certificate, key = bought()
    choice = connect.domain(services, f"https://{DOMAIN}/", certificate, key, who="t")
    assert (choice.url, choice.host, choice.port) == (f"https://{DOMAIN}", EVERYWHERE, 443)
    file = given_certificate.file_of(services.settings)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = given_certificate.read(file)
    assert found is not None
    assert found.names == [DOMAIN]
    assert actions(services)[0] == "connect.domain"


@pytest.mark.parametrize(
    ("certificate", "key", "code"),
    [
        (bought()[0], bought()[1], "tls.key_other"),
        (*bought(["other.example.cn"]), "tls.not_for_host"),
        (*bought(["*.cn"]), "tls.not_for_host"),
        (*bought([]), "tls.not_for_host"),
        (*bought(last=-1, first=-90), "tls.not_now"),
        (*bought(first=5), "tls.not_now"),
        (*bought(passphrase=b"secret"), "tls.key_unreadable"),
        (bought()[0], b"", "tls.key_unreadable"),
        (b"", bought()[1], "tls.given_unreadable"),
        (b"nonsense", b"nonsense", "tls.given_unreadable"),
    ],
)
def test_a_certificate_that_does_not_do_is_refused_and_nothing_is_kept(
    services: Services, certificate: bytes, key: bytes, code: str
) -> None:
    address = f"https://{DOMAIN}"
    assert refused(connect.domain, services, address, certificate, key, who="t") == code
    assert chosen(services) == Choice()
    assert not given_certificate.file_of(services.settings).exists()


def test_a_wildcard_covers_one_label(services: Services) -> None:
    certificate, key = bought(["*.example.cn"])
    connect.domain(services, DOMAIN, certificate, key, who="t")
    assert not given_certificate.covers(["*.example.cn"], "a.b.example.cn")


@pytest.mark.parametrize(
    "address", ["", "http://a.cn", "https://", "https://a.cn/loans", "https://u@a.cn", "ftp://a.cn"]
)
def test_a_domain_needs_an_https_address(services: Services, address: str) -> None:
    assert refused(connect.domain, services, address, who="t") == "connect.bad_address"


def test_a_port_in_use_is_reported_before_anything_changes(services: Services) -> None:
    certificate, key = bought()
    with socket.socket() as taken:
        taken.bind((EVERYWHERE, 0))
        taken.listen()
        address = f"https://{DOMAIN}:{taken.getsockname()[1]}"
        found = refused(connect.domain, services, address, certificate, key, who="t", port=8350)
    assert found == "connect.port_taken"
    assert chosen(services) == Choice()


def test_paper_first_leaves_the_server_as_it_is(services: Services) -> None:
    before = connect.wireless(services, LAN, who="t")
    choice = connect.paper(services, who="t")
    assert (choice.way, choice.url, choice.everywhere) == ("paper", before.url, True)
    assert actions(services)[0] == "connect.paper"


def test_our_own_addresses_are_no_loopback_and_private_ones_come_first() -> None:
    found = own_addresses.lan_addresses()
    private = [own_addresses._private(text) for text in found]
    assert private == sorted(private, reverse=True)
    assert not any(text.startswith("127.") for text in found)
    assert len(found) == len(set(found))


def test_new_codes_carry_the_chosen_address(services: Services, county: list[str]) -> None:
    choice = connect.wireless(services, LAN, who="t")
    settings = Settings.from_environment(services.settings.data_dir, {})
    services.settings = settings
    issued = phones.issue(services, "01", "甲", who="t", origin="http://127.0.0.1:8350")
    assert issued.url.startswith(f"{choice.url}/enrol#")
    assert "pin=" in issued.url


@pytest.mark.parametrize(
    "host",
    [
        EVERYWHERE,
        "::",
        f"::ffff:{EVERYWHERE}",
        "255.255.255.255",
        "224.0.0.1",
        "169.254.3.4",
        "fe80::1",
    ],
)
def test_an_address_that_no_phone_can_open_is_refused(services: Services, host: str) -> None:
    assert refused(connect.wireless, services, host, who="t") == "tls.nowhere"
    shown = f"[{host}]" if ":" in host else host
    assert refused(connect.domain, services, f"https://{shown}", who="t") == "tls.nowhere"
    assert chosen(services) == Choice()


def test_two_addresses_within_a_second_are_no_trap(services: Services) -> None:
    for host in (LAN, "10.0.0.7", "10.0.0.8", "10.0.0.9"):
        connect.wireless(services, host, who="t")
    assert tls.served(tls.folder(services.settings)).names == ["10.0.0.9"]


# ---- what `doorstep serve` makes of it ----


def test_before_any_choice_serve_keeps_to_this_machine(tmp_path: Path) -> None:
    start = planned(tmp_path, Options())
    assert (start.settings.listen_host, start.port, start.cert) == ("127.0.0.1", 8350, None)
    assert (start.settings.public_url, start.settings.secure_cookies) == ("", False)
    assert start.address == "http://127.0.0.1:8350"


def test_serve_follows_the_wireless_choice(services: Services) -> None:
    choice = connect.wireless(services, LAN, who="t", port=8443)
    start = planned(services.settings.data_dir, Options())
    assert (start.settings.listen_host, start.port) == (EVERYWHERE, 8443)
    assert start.cert == tls.folder(services.settings) / tls.SERVER
    assert (start.settings.public_url, start.settings.own_root) == (choice.url, True)


def test_serve_follows_the_domain_and_asks_browsers_to_stay(services: Services) -> None:
    connect.domain(services, DOMAIN, *bought(), who="t")
    start = planned(services.settings.data_dir, Options())
    assert start.cert == given_certificate.file_of(services.settings)
    assert (start.port, start.settings.public_url) == (443, f"https://{DOMAIN}")
    assert start.settings.hsts


def test_serve_does_not_begin_without_the_certificate_it_was_given(services: Services) -> None:
    """Without it phones would be sent to an https address on which plain http answers."""
    connect.domain(services, DOMAIN, *bought(), who="t")
    given_certificate.file_of(services.settings).unlink()
    assert refused(planned, services.settings.data_dir, Options()) == "tls.missing"
    row = next(check for check in doctor.checks(services) if check["what"] == "HTTPS")
    assert (row["ok"], "server.pem" in row["words"]) == (False, True)


def test_serve_does_not_begin_without_the_certificate_it_made(services: Services) -> None:
    connect.wireless(services, LAN, who="t")
    tls.put_aside(tls.folder(services.settings), NOW)
    assert refused(planned, services.settings.data_dir, Options()) == "tls.missing"


def test_doctor_goes_on_after_a_certificate_that_cannot_be_read(services: Services) -> None:
    connect.domain(services, DOMAIN, *bought(), who="t")
    given_certificate.file_of(services.settings).write_text("junk")
    found = {check["what"]: check["ok"] for check in doctor.checks(services)}
    assert (found["HTTPS"], found["字体"]) == (False, True)


def test_serve_says_that_its_port_is_taken_before_it_begins(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert refused(until_stopped, tmp_path, Options(port=port)) == "connect.port_taken"


def test_a_certificate_kept_elsewhere_leaves_the_server_on_this_machine(services: Services) -> None:
    connect.wireless(services, LAN, who="t")
    connect.domain(services, DOMAIN, who="t")
    start = planned(services.settings.data_dir, Options())
    assert (start.settings.listen_host, start.cert) == ("127.0.0.1", None)
    assert start.settings.public_url == f"https://{DOMAIN}"


def test_options_win_over_the_choice(services: Services, tmp_path: Path) -> None:
    connect.wireless(services, LAN, who="t")
    given = Options(host="10.0.0.7", port=9000, cert=tmp_path / "real.pem")
    start = planned(services.settings.data_dir, given)
    assert (start.settings.listen_host, start.port, start.cert) == ("10.0.0.7", 9000, given.cert)
    assert start.settings.public_url == ""
    moved = planned(services.settings.data_dir, Options(port=9000))
    assert moved.settings.public_url == f"https://{LAN}:9000"


def test_the_environment_wins_over_the_choice(services: Services) -> None:
    connect.wireless(services, LAN, who="t")
    environ = {"DOORSTEP_URL": "https://else.example"}
    settings = Settings.from_environment(services.settings.data_dir, environ)
    assert settings.public_url == "https://else.example"


def test_a_choice_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    serve_choice.write(tmp_path, Choice())
    serve_choice.file_of(tmp_path).write_text('{"way": "pigeon"}')
    assert refused(planned, tmp_path, Options()) == "connect.unreadable"


# ---- the page ----


@pytest.fixture
async def admin(app: Litestar, services: Services) -> Browser:
    people(services)
    return await signed_in(app, "admin")


def run_by_serve(app: Litestar, **options: str) -> list[str]:
    """As if `doorstep serve` had started it; the list fills when it shall start again."""
    asked: list[str] = []
    app.state["console_state"].running = Running(
        start_again=lambda: asked.append("again"),
        options={f"--{name}": text for name, text in options.items()},
    )
    return asked


async def test_the_page_offers_three_ways_and_the_loopback_last(admin: Browser) -> None:
    page = (await admin.get("/connect")).text
    for way in ("县里有域名和证书", "办公室的无线网", "先用纸"):
        assert way in page
    radios = [line for line in page.splitlines() if 'name="host"' in line]
    assert 'value="127.0.0.1"' in radios[-1]
    assert 'href="/enrol/paper"' in page


async def test_a_server_that_serve_runs_changes_over_after_the_page_is_sent(
    app: Litestar, admin: Browser, services: Services
) -> None:
    asked = run_by_serve(app)
    answer = await admin.post("/connect/wireless", host="10.1.1.1", typed=LAN)
    assert f'data-url="https://{LAN}:8350"' in answer.text
    assert tls.served(tls.folder(services.settings)).root_fingerprint in answer.text
    assert "connect-src 'self' https:" in answer.headers["content-security-policy"]
    assert asked == []
    await asyncio.sleep(LEAD_S + 0.5)
    assert asked == ["again"]


async def test_an_option_of_the_command_line_keeps_it_from_changing(
    app: Litestar, admin: Browser
) -> None:
    run_by_serve(app, host="127.0.0.1", port="8350")
    text = (await admin.post("/connect/wireless", host=LAN)).text
    assert "启动时写的 --host 优先" in text
    assert "data-url" not in text


async def test_a_server_that_serve_does_not_run_has_to_be_started_again(
    admin: Browser, services: Services
) -> None:
    text = (await admin.post("/connect/wireless", host=LAN)).text
    assert "请重新启动服务器" in text
    assert f"doorstep serve --data {services.settings.data_dir}" in text


async def test_a_domain_without_files_shows_exactly_what_to_run(admin: Browser) -> None:
    text = (await admin.post("/connect/domain", address=f"{DOMAIN}:8443")).text
    assert f"DOORSTEP_URL=https://{DOMAIN}:8443 doorstep serve --data" in text
    assert "--host 0.0.0.0 --port 8443 --cert fullchain.pem --key privkey.pem" in text


async def test_a_domain_with_files_is_taken_from_the_form(
    admin: Browser, services: Services
) -> None:
    certificate, key = bought()
    files = {"certificate": ("fullchain.pem", certificate), "key": ("privkey.pem", key)}
    answer = await admin.post("/connect/domain", files=files, address=DOMAIN)
    assert answer.status_code == 200
    assert chosen(services).certificate == "given"
    assert DOMAIN in (await admin.get("/connect")).text


async def test_what_is_wrong_is_shown_on_the_page(admin: Browser, services: Services) -> None:
    refusal = await admin.post("/connect/wireless", host="")
    assert refusal.status_code == 422
    assert "不是主机名或 IP 地址" in refusal.text
    await admin.post("/connect/paper")
    assert "先用纸" in await admin.text_of("/connect")
    assert chosen(services).way == "paper"


async def test_what_was_typed_stays_after_a_refusal(admin: Browser) -> None:
    named = await admin.post("/connect/wireless", host=LAN, typed="办公室 电脑")
    assert 'value="办公室 电脑"' in named.text
    files = {"certificate": ("a.pem", b"junk"), "key": ("b.pem", b"junk")}
    address = await admin.post("/connect/domain", files=files, address=f"https://{DOMAIN}:8443")
    assert f'value="https://{DOMAIN}:8443"' in address.text
    assert "两个文件要再选一次" in address.text
