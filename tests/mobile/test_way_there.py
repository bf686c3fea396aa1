"""Links for the maps: the right coordinates for each, a village at most in words, never a name."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from mobile.usecases.records import record
from mobile.usecases.way_there import way_there
from shared.geo import bd09, gcj02
from shared.problems import ProblemError
from shared.records.base import Position
from shared.records.visit import Visit
from tests.mobile.conftest import Bench, case_state

FIX = Position(latitude_deg=34.956, longitude_deg=109.586, accuracy_m=30.0)
VILLAGE = "青槐县柳林镇东槐村"


async def links(bench: Bench, case_id: str = "case-1") -> dict[str, str]:
    return {link.name_key: link.url for link in await way_there(bench.phone, case_id)}


async def visited(bench: Bench) -> None:
    await record(bench.phone, "case-1", Visit(met="self", outcome="promised", position=FIX))


def asked(url: str) -> dict[str, str]:
    return {
        name: values[0]
        for name, values in parse_qs(urlsplit(url).query, strict_parsing=True).items()
    }


def numbers(pair: str) -> list[float]:
    return [float(part) for part in pair.split(",")]


async def test_amap_gets_a_saved_position_in_its_own_coordinates_longitude_first(
    bench: Bench,
) -> None:
    await visited(bench)
    url = (await links(bench))["way.amap"]
    latitude, longitude = gcj02(34.956, 109.586)
    assert url.startswith("https://uri.amap.com/marker?")
    assert numbers(asked(url)["position"]) == pytest.approx([longitude, latitude], abs=1e-6)
    assert (asked(url)["coordinate"], asked(url)["name"]) == ("gaode", VILLAGE)


async def test_baidu_gets_it_in_its_own_latitude_first(bench: Bench) -> None:
    await visited(bench)
    url = (await links(bench))["way.baidu"]
    assert url.startswith("https://api.map.baidu.com/marker?")
    assert numbers(asked(url)["location"]) == pytest.approx(bd09(34.956, 109.586), abs=1e-6)
    assert [asked(url)[name] for name in ("coord_type", "output", "title")] == [
        "bd09ll",
        "html",
        VILLAGE,
    ]


async def test_the_phones_own_map_gets_it_as_gps_gave_it(bench: Bench) -> None:
    await visited(bench)
    assert (await links(bench))["way.system"] == "geo:34.956,109.586?q=34.956,109.586"


async def test_after_a_move_the_maps_look_for_the_accepted_address_not_for_the_old_position(
    bench: Bench,
) -> None:
    await visited(bench)
    await bench.give(case_state(1, contact={"address": "青槐县石桥镇上河村五组7号"}))
    found = await links(bench)
    assert asked(found["way.amap"])["keyword"] == "青槐县石桥镇上河村"


async def test_without_a_position_the_maps_look_for_the_village(bench: Bench) -> None:
    found = await links(bench)
    assert list(found) == ["way.amap", "way.baidu", "way.system"]
    assert asked(found["way.amap"])["keyword"] == VILLAGE
    assert asked(found["way.baidu"])["address"] == VILLAGE
    assert unquote(found["way.system"]) == f"geo:0,0?q={VILLAGE}"


@pytest.mark.parametrize("with_position", [True, False])
async def test_no_link_names_anyone_or_a_house(bench: Bench, with_position: bool) -> None:
    if with_position:
        await visited(bench)
    for url in (await links(bench)).values():
        for secret in ("欧阳", "小雨", "大山", "三组", "17", "13812345678", "610599"):
            assert secret not in unquote(url)


async def test_an_address_that_names_no_village_falls_back_on_the_list(bench: Bench) -> None:
    await bench.give(case_state(1, address="老粮站后面"))
    assert asked((await links(bench))["way.amap"])["keyword"] == "柳林镇东槐村"


async def test_with_neither_position_nor_village_there_is_no_link(bench: Bench) -> None:
    await bench.give(case_state(1, address="", township="", village=""))
    assert await links(bench) == {}


async def test_an_unknown_case_is_refused(bench: Bench) -> None:
    with pytest.raises(ProblemError) as refused:
        await way_there(bench.phone, "nobody")
    assert refused.value.code == "case.unknown"
