"""`doorstep tls`: a root that vouches for one address only, shown to OpenSSL in real handshakes."""

from __future__ import annotations

import json
import ssl
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from litestar import Litestar

from shared.problems import ProblemError
from shared.wire import b64
from sync_server.app import create_app
from sync_server.cli.serve_tls import with_tls
from sync_server.console.pages.enrolment import CERTIFICATE_TYPE
from sync_server.crypto import host_names, tls
from sync_server.office import phones
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.command_line import doorstep
from tests.support.devices import asgi
from tests.support.tls_server import handshake, served

HOST = "doorstep.lan"
NOW = datetime.now(UTC)


def made(place: Path, host: str = HOST, *ips: str) -> tls.Served:
    return tls.init(place, host, ips, NOW)


def trusting(place: Path) -> ssl.SSLContext:
    """A client that knows this root and no other."""
    return ssl.create_default_context(cadata=tls.root_der(place))


def forged(place: Path, *names: x509.GeneralName) -> bytes:
    """What a thief of ca.key would make."""
    root = x509.load_pem_x509_certificate((place / tls.ROOT).read_bytes())
    key = serialization.load_pem_private_key((place / tls.ROOT_KEY).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return tls._leaf(root, key, names, NOW)


async def test_the_named_host_is_accepted_by_clients_that_trust_the_root(tmp_path: Path) -> None:
    place = tmp_path / "tls"
    await handshake(made(place).file.read_bytes(), HOST, trusting(place))


@pytest.mark.parametrize(
    "names", [(HOST, "192.168.1.20", "fd00::7"), ("192.168.1.20",), ("fd00::7", "10.0.0.5")]
)
async def test_every_address_given_is_accepted(tmp_path: Path, names: tuple[str, ...]) -> None:
    place = tmp_path / "tls"
    pem = made(place, *names).file.read_bytes()
    for name in names:
        await handshake(pem, name, trusting(place))


async def test_a_host_name_may_be_as_long_as_the_internet_allows(tmp_path: Path) -> None:
    host = ".".join(("office" + "x" * 57, "y" * 63, "z" * 63, "cn"))
    place = tmp_path / "tls"
    await handshake(made(place, host).file.read_bytes(), host, trusting(place))


@pytest.mark.parametrize(
    ("host", "ips"), [(HOST, ()), (HOST, ("192.168.1.20",)), ("192.168.1.20", ())]
)
@pytest.mark.parametrize("name", ["bank.example", "lan", "192.168.1.21", "::1"])
async def test_the_same_key_cannot_vouch_for_anybody_else(
    tmp_path: Path, host: str, ips: tuple[str, ...], name: str
) -> None:
    place = tmp_path / "tls"
    made(place, host, *ips)
    pem = forged(place, host_names.general_name(name))
    with pytest.raises(ssl.SSLCertVerificationError, match=r"(permitted|excluded) subtree"):
        await handshake(pem, name, trusting(place))


async def test_a_wrong_name_hidden_beside_the_right_one_is_refused_too(tmp_path: Path) -> None:
    place = tmp_path / "tls"
    made(place)
    pem = forged(place, x509.DNSName(HOST), x509.DNSName("bank.example"))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        await handshake(pem, HOST, trusting(place))


async def test_a_client_without_the_root_refuses(tmp_path: Path) -> None:
    pem = made(tmp_path / "tls").file.read_bytes()
    made(tmp_path / "other")
    with pytest.raises(ssl.SSLCertVerificationError):
        await handshake(pem, HOST, trusting(tmp_path / "other"))


def test_the_roots_constraints_are_critical(tmp_path: Path) -> None:
    made(tmp_path / "tls")
    root = x509.load_der_x509_certificate(tls.root_der(tmp_path / "tls") or b"")
    basic, usage, names = (
        root.extensions.get_extension_for_class(kind)
        for kind in (x509.BasicConstraints, x509.KeyUsage, x509.NameConstraints)
    )
    assert basic.critical
    assert usage.critical
    assert names.critical
    assert (basic.value.ca, basic.value.path_length) == (True, 0)
    assert (usage.value.key_cert_sign, usage.value.digital_signature) == (True, False)
    assert names.value.permitted_subtrees == [x509.DNSName(HOST)]
    key = root.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"


def test_the_certificate_lives_no_longer_than_phones_allow(tmp_path: Path) -> None:
    leaf = x509.load_pem_x509_certificate(made(tmp_path / "tls").file.read_bytes())
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)
    assert leaf.not_valid_before_utc < NOW


def test_keys_are_readable_by_the_owner_only(tmp_path: Path) -> None:
    place = tmp_path / "tls"
    made(place)
    assert {p.name: stat.S_IMODE(p.stat().st_mode) for p in place.iterdir()} == dict.fromkeys(
        (tls.ROOT, tls.ROOT_KEY, tls.SERVER), 0o600
    )


async def test_a_renewed_certificate_is_another_under_the_same_root(tmp_path: Path) -> None:
    place = tmp_path / "tls"
    first, before = made(place, HOST, "10.0.0.5"), trusting(place)
    later = tls.renew(place, NOW + timedelta(days=1))
    assert later.fingerprint != first.fingerprint
    assert (later.root_fingerprint, later.names) == (first.root_fingerprint, first.names)
    tls.renew(place, NOW)
    await handshake(later.file.read_bytes(), "10.0.0.5", before)


def test_a_root_is_never_overwritten(tmp_path: Path) -> None:
    first = made(tmp_path / "tls")
    with pytest.raises(ProblemError) as refused:
        made(tmp_path / "tls")
    assert refused.value.code == "tls.exists"
    assert tls.served(tmp_path / "tls") == first


def test_what_a_killed_start_left_behind_is_no_root(tmp_path: Path) -> None:
    half = tmp_path / "tls.0a1b2c3d.new"
    half.mkdir()
    (half / tls.ROOT_KEY).write_bytes(b"half")
    assert made(tmp_path / "tls").names == [HOST]


@pytest.mark.parametrize(
    "host", ["", "https://a.cn", "a.cn:8350", "*.a.cn", "a b", "-a.cn", "1.2.3", "a..b", "x" * 64]
)
def test_what_is_no_host_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(ProblemError) as refused:
        made(tmp_path / "tls", host)
    assert refused.value.code == "tls.bad_host"
    assert not (tmp_path / "tls").exists()


@pytest.mark.parametrize(
    "host", ["com", "lan", "com.cn", "gov.cn", "sn.cn", "co.uk", "公司.cn", "COM.CN."]
)
def test_a_host_whose_names_belong_to_others_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(ProblemError) as refused:
        made(tmp_path / "tls", host)
    assert refused.value.code == "tls.too_broad"


@pytest.mark.parametrize(
    "host",
    ["localhost", "doorstep.lan", "school.cn", "dk.qh.gov.cn", "青槐.cn", "10.0.0.5", "fd00::7"],
)
def test_a_host_of_the_offices_own_is_accepted(tmp_path: Path, host: str) -> None:
    assert len(made(tmp_path / "tls", host).names) == 1


def test_renewing_without_a_root_reports_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as refused:
        tls.renew(tmp_path / "tls", NOW)
    assert refused.value.code == "tls.missing"


def test_the_command_makes_shows_and_renews(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first, shown, again = (
        json.loads(doorstep("tls", *arguments, "--json", data=data).stdout)
        for arguments in (("init", "--host", HOST, "--ip", "10.0.0.5"), ("show",), ("renew",))
    )
    assert first["names"] == [HOST, "10.0.0.5"]
    assert shown == first
    assert again["root_fingerprint"] == first["root_fingerprint"] != again["fingerprint"]
    assert len(first["root_fingerprint"].split()) == 16
    refused = doorstep("tls", "init", "--host", HOST, data=data)
    assert (refused.returncode, "tls.exists" in refused.stderr) == (1, True)


async def test_the_server_gives_its_root_to_whoever_asks(app: Litestar, services: Services) -> None:
    place = tls.folder(services.settings)
    made(place, "127.0.0.1")
    async with (
        served(app, place / tls.SERVER) as url,
        httpx.AsyncClient(verify=trusting(place), timeout=60) as client,
    ):
        der, pem, page = [
            await client.get(f"{url}{path}") for path in ("/ca.crt", "/ca.pem", "/trust")
        ]
    assert der.content == tls.root_der(place)
    assert der.headers["content-type"] == CERTIFICATE_TYPE
    assert (
        x509.load_pem_x509_certificate(pem.content).public_bytes(serialization.Encoding.DER)
        == der.content
    )
    assert tls.served(place).root_fingerprint in page.text


async def test_without_a_root_there_is_none_to_give(http: httpx.AsyncClient) -> None:
    assert [(await http.get(path)).status_code for path in ("/ca.crt", "/ca.pem")] == [404, 404]
    assert "不用装证书" in (await http.get("/trust")).text


@pytest.mark.parametrize(
    ("origin", "pinned"),
    [
        (f"https://{HOST}:8350", True),
        (f"http://{HOST}:8350", False),
        ("https://county.example", False),
    ],
)
def test_the_qr_code_pins_the_root_only_for_the_address_it_vouches_for(
    services: Services, county: list[str], origin: str, pinned: bool
) -> None:
    place = tls.folder(services.settings)
    made(place)
    unnamed = replace(services, settings=replace(services.settings, public_url=""))
    issued = phones.issue(unnamed, "01", "甲", who="t", origin=origin)
    fragment = parse_qs(urlsplit(issued.url).fragment)
    assert issued.url.startswith(f"{origin}/enrol#")
    assert fragment["code"] == [issued.code]
    assert ("pin" in fragment) is pinned
    assert (issued.fingerprint == tls.served(place).root_fingerprint) is pinned
    if pinned:
        assert fragment["pin"] == [b64(bytes.fromhex(issued.fingerprint))]


def test_serve_uses_the_certificate_that_is_there(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert with_tls(settings, None, 8350) == (settings, None)
    made(tls.folder(settings), "fd00::7")
    fitted, file = with_tls(settings, None, 8350)
    assert file == tls.folder(settings) / tls.SERVER
    assert (fitted.public_url, fitted.secure_cookies) == ("https://[fd00::7]:8350", True)


@pytest.mark.parametrize(
    ("host", "url", "fits"),
    [
        (HOST, f"https://{HOST}:8350", True),
        (HOST, f"http://{HOST}:8350", False),
        (HOST, "https://county.example", False),
        ("青槐.example", "https://青槐.example", True),
        ("青槐.example", "https://xn--qrq171k.example", False),
        ("fd00::7", "https://[fd00::7]:8350", True),
    ],
)
def test_an_address_the_certificate_is_not_for_is_reported_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str, url: str, fits: bool
) -> None:
    settings = Settings(data_dir=tmp_path, public_url=url)
    made(tls.folder(settings), host)
    with_tls(settings, None, 8350)
    assert ("打不开" in capsys.readouterr().out) is not fits


def test_a_chinese_host_is_pinned_too(tmp_path: Path) -> None:
    made(tmp_path / "tls", "青槐.example")
    assert tls.pin_for(tmp_path / "tls", "青槐.example")


@pytest.mark.parametrize(("own", "hsts"), [(True, False), (False, True)])
async def test_only_under_a_publicly_trusted_certificate_is_https_enforced(
    app_settings: Settings, tmp_path: Path, own: bool, hsts: bool
) -> None:
    if own:
        made(tls.folder(app_settings))
    settings, _ = with_tls(
        replace(app_settings, public_url=""), None if own else tmp_path / "real.pem", 8350
    )
    app = create_app(settings)
    async with httpx.AsyncClient(transport=asgi(app), base_url="https://server") as client:
        for path in ("/enrol", "/trust", "/app/"):
            assert ("strict-transport-security" in (await client.get(path)).headers) is hsts, path
    app.state["services"].close()


def test_a_certificate_given_by_hand_comes_first_and_that_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=tmp_path, public_url="https://county.example")
    made(tls.folder(settings))
    fitted, file = with_tls(settings, tmp_path / "real.pem", 443)
    assert (file, fitted.public_url, fitted.secure_cookies) == (
        tmp_path / "real.pem",
        "https://county.example",
        True,
    )
    assert "没有用上" in capsys.readouterr().out


def test_a_certificate_about_to_expire_is_reported_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=tmp_path)
    tls.init(tls.folder(settings), HOST, (), NOW - tls.LEAF_LIFE + timedelta(days=10))
    with_tls(settings, None, 8350)
    assert "doorstep tls renew" in capsys.readouterr().out
