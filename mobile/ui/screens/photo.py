"""The camera with a frame for the slip, the gallery second; sharpness judged at once. No ID cards, no people."""

from __future__ import annotations

import logging

import flet as ft
import flet_camera as fc

from mobile.ui.components.button import primary, secondary
from mobile.ui.components.frame import frame
from mobile.ui.components.panel import banner, panel
from mobile.ui.components.text import quiet
from mobile.ui.components.viewfinder import viewfinder
from mobile.ui.guard import guard, say, use_busy
from mobile.ui.hooks import use_once, use_state
from mobile.ui.nav import go, parent
from mobile.ui.state import App, use_app
from mobile.usecases import take_photo
from mobile.usecases.views import TakenPhoto

NOTHING: TakenPhoto | None = None
log = logging.getLogger("doorstep.ui")


@ft.component
def Photo() -> ft.View:
    """Take or pick one photo for the form above."""
    app = use_app()
    path = ft.use_view_path()
    case_id = ft.use_route_params().get("case", "")
    form = app.form(case_id, path.rstrip("/").split("/")[-2])
    camera = use_once(lambda: fc.Camera() if app.device.has_camera else None)
    state, set_state = use_state("starting" if camera is not None else "none")
    taken, set_taken = use_state(NOTHING)
    busy, once = use_busy(app)

    async def start() -> None:
        if taken is None:  # the verdict took the camera off the page: what comes back has to be bound anew
            set_state(await _start(camera))

    ft.use_effect(start, [taken is None])

    def again() -> None:
        set_state("starting" if camera is not None else "none")
        set_taken(None)

    async def keep(photo: TakenPhoto) -> None:
        form.add("photos", photo.sha256)
        if not photo.sharp:
            form.add("blurred", photo.sha256)
        await form.flush()
        go(parent(path))

    async def judge(jpeg: bytes) -> None:
        photo = await take_photo.take_photo(app.phone, jpeg, case_id=case_id)
        if photo.sharp:
            await keep(photo)
            say(app, app.t("photo.sharp"))
        else:
            set_taken(photo)

    async def shoot() -> None:
        if camera is not None:
            await judge(await camera.take_picture())

    async def pick() -> None:
        jpeg = await app.device.pick_photo()
        if jpeg:
            await judge(jpeg)

    if taken is not None:
        return _verdict(app, taken, once(lambda: keep(taken)), guard(app, again))
    if camera is not None and state != "none":
        finder = viewfinder(app, camera, once(shoot), once(pick), busy or state == "starting")
        return frame(app, [finder], title=app.t("photo.title"), scroll=False)
    return _without(app, once(pick), busy)


async def _start(camera: fc.Camera | None) -> str:
    """Bind the camera at the back; "none" when there is none or it may not be used."""
    if camera is None:
        return "none"
    try:
        found = await camera.get_available_cameras()
        if not found:
            return "none"
        back = next((c for c in found if c.lens_direction == fc.CameraLensDirection.BACK), found[0])
        await camera.initialize(back, fc.ResolutionPreset.VERY_HIGH, enable_audio=False)
    except Exception as error:  # every service call may raise (flet.md §3); the gallery is always there
        log.info("no camera: %s", error)
        return "none"
    return "ready"


def _without(app: App, pick: object, busy: bool) -> ft.View:
    """No camera here: say so, and offer the gallery."""
    body: list[ft.Control] = [
        banner(ft.Icons.NO_PHOTOGRAPHY_OUTLINED, app.t("photo.none"), [app.t("photo.none_line")]),
        banner(ft.Icons.BADGE_OUTLINED, app.t("photo.rule"), kind="soft"),
        primary(app.t("photo.pick"), ft.Icons.PHOTO_LIBRARY_OUTLINED, pick, busy=busy),
        quiet(app.t("photo.pick_line")),
    ]
    return frame(app, body, title=app.t("photo.title"))


def _verdict(app: App, photo: TakenPhoto, keep: object, again: object) -> ft.View:
    """A blurred photo: shown, with the kind advice to take it again; it may still be kept."""
    picture = ft.Image(
        src=photo.preview,
        fit=ft.BoxFit.CONTAIN,
        aspect_ratio=photo.width_px / photo.height_px,
        semantics_label=app.t("photo.taken"),
        border_radius=14,
    )
    body: list[ft.Control] = [
        panel(picture, padding=6),
        banner(ft.Icons.BLUR_ON, app.t("photo.blurred"), [app.t("photo.blurred_line")]),
        primary(app.t("photo.again"), ft.Icons.REFRESH, again),
        secondary(app.t("photo.keep"), ft.Icons.CHECK, keep),
    ]
    return frame(app, body, title=app.t("photo.title"))
