"""Take a photo of a slip or paper, or pick one: no ID cards, no people.

Sharpness is checked at once. A good photo goes straight into the form; one that needs a decision
stays here.
"""

from __future__ import annotations

import logging

import flet as ft
import flet_camera as fc

from mobile.ui.app.guard import error_sentence, guard, show_notice, use_busy
from mobile.ui.app.hooks import use_constant, use_state
from mobile.ui.app.navigation import navigate, parent_path
from mobile.ui.app.state import App, use_app
from mobile.ui.components.button import primary, secondary
from mobile.ui.components.panel import banner, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import secondary_text
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.registry import open_form
from mobile.ui.screens.photo.viewfinder import viewfinder
from mobile.usecases import take_photo
from mobile.usecases.views import TakenPhoto
from shared.problems import ProblemError

NOTHING: TakenPhoto | None = None
STARTING, READY, MIRRORED, NONE = "starting", "ready", "mirrored", "none"
log = logging.getLogger("doorstep.ui")


@ft.component
def Photo() -> ft.View:
    """Take or pick one photo for the form above."""
    app = use_app()
    path = ft.use_view_path()
    case_id, form = _form_above(app, path)
    camera = use_constant(lambda: fc.Camera() if app.device.has_camera else None)
    state, set_state = use_state(STARTING if camera is not None else NONE)
    taken, set_taken = use_state(NOTHING)
    wrong, set_wrong = use_state("")
    busy, exclusive = use_busy(app)
    looking = taken is None and not wrong

    async def start() -> None:
        # the result view removed the camera from the page: it has to be initialised again
        if looking:
            set_state(await _start(camera))

    ft.use_effect(start, [looking])

    def again() -> None:
        set_state(STARTING if camera is not None else NONE)
        set_taken(None)
        set_wrong("")

    async def keep(photo: TakenPhoto) -> None:
        for sha256 in photo.parts:
            form.add("photos", sha256)
        if not photo.good:
            form.add("blurred", photo.sha256)
        await form.flush()
        navigate(parent_path(path))

    async def judge(jpeg: bytes, *, mirrored: bool = False) -> None:
        photo = await _judged(app, jpeg, case_id, mirrored)
        if isinstance(photo, str):
            set_wrong(photo)  # it stays on screen until it is read and another photo is taken
        elif photo.good and not photo.also:
            await keep(photo)
            show_notice(app, app.t("photo.legible" if photo.screenshot else "photo.sharp"))
        else:
            set_taken(photo)

    async def shoot() -> None:
        if camera is not None:
            await judge(await camera.take_picture(), mirrored=state == MIRRORED)

    async def pick() -> None:
        if (jpeg := await app.device.pick_photo()) is not None:  # an empty file too is reported
            set_wrong("")
            await judge(jpeg)

    if wrong:
        return _wrong(app, wrong, guard(app, again), exclusive(pick))
    if taken is not None:
        return _verdict(app, taken, exclusive(lambda: keep(taken)), guard(app, again))
    if camera is not None and state != NONE:
        wait = busy or state == STARTING
        live = viewfinder(app, camera, exclusive(shoot), exclusive(pick), wait)
        return scaffold(app, [live], title=app.t("photo.title"), scroll=False)
    return _without(app, exclusive(pick), busy)


def _form_above(app: App, path: str) -> tuple[str, Form]:
    """The case and its form that the photo is for, by the path of this screen. Holds a hook."""
    params = ft.use_route_params()
    case_id, corrects = params.get("case", ""), params.get("fact", "")
    return case_id, open_form(app, case_id, path.rstrip("/").split("/")[-2], corrects)


async def _judged(app: App, jpeg: bytes, case_id: str, mirrored: bool) -> TakenPhoto | str:
    """The stored photo, or the sentence why it was not kept."""
    try:
        return await take_photo.take_photo(app.phone, jpeg, case_id=case_id, mirrored=mirrored)
    except ProblemError as error:
        words = error_sentence(app, error)
        another = error.code == "slip.wrong_case"
        return f"{words}\n{app.t('photo.wrong_line')}" if another else words


async def _start(camera: fc.Camera | None) -> str:
    """Start the rear camera, or any other; returns the state, NONE without a usable camera.

    A browser mirrors every picture that is not from the rear camera (Flutter's camera_web); a
    phone's own camera does not.
    """
    if camera is None:
        return NONE
    try:
        found = await camera.get_available_cameras()
        if not found:
            return NONE
        back = next((c for c in found if c.lens_direction == fc.CameraLensDirection.BACK), found[0])
        await camera.initialize(back, fc.ResolutionPreset.VERY_HIGH, enable_audio=False)
    except Exception as error:
        # every service call may raise (docs/sources.md#flet-services); the gallery is always there
        log.info("no camera: %s", error)
        return NONE
    return (
        MIRRORED
        if ft.context.page.web and back.lens_direction != fc.CameraLensDirection.BACK
        else READY
    )


def _without(app: App, pick: object, busy: bool) -> ft.View:
    """No camera: say so, and offer the gallery."""
    body: list[ft.Control] = [
        banner(ft.Icons.NO_PHOTOGRAPHY_OUTLINED, app.t("photo.none"), [app.t("photo.none_line")]),
        banner(ft.Icons.BADGE_OUTLINED, app.t("photo.rule"), kind="soft"),
        primary(app.t("photo.pick"), ft.Icons.PHOTO_LIBRARY_OUTLINED, pick, busy=busy),
        secondary_text(app.t("photo.pick_line")),
    ]
    return scaffold(app, body, title=app.t("photo.title"))


def _wrong(app: App, words: str, again: object, pick: object) -> ft.View:
    """Why the photo was not kept; it stays until there is another one."""
    first, *rest = words.split("\n")
    body: list[ft.Control] = [
        banner(ft.Icons.ERROR_OUTLINE, first, rest, kind="attention"),
        secondary(app.t("photo.pick"), ft.Icons.PHOTO_LIBRARY_OUTLINED, pick),
    ]
    footer = primary(app.t("photo.again"), ft.Icons.REFRESH, again)
    return scaffold(app, body, title=app.t("photo.title"), footer=footer)


def _verdict(app: App, photo: TakenPhoto, keep: object, again: object) -> ft.View:
    """Small, blurred or filed under somebody else: shown with advice; it may still be kept."""
    picture = ft.Image(
        src=photo.preview,
        fit=ft.BoxFit.CONTAIN,
        aspect_ratio=photo.width_px / photo.height_px,
        semantics_label=app.t("photo.taken"),
        border_radius=14,
    )
    messages: list[ft.Control] = []
    if photo.also:
        names = app.t("common.and").join(
            dict.fromkeys(name or app.t("photo.somebody") for name in photo.also)
        )
        messages.append(
            banner(
                ft.Icons.CONTENT_COPY,
                app.t("photo.also", names=names),
                [app.t("photo.also_line")],
                kind="attention",
            )
        )
    if photo.small:
        messages.append(
            banner(
                ft.Icons.PHOTO_SIZE_SELECT_SMALL, app.t("photo.small"), [app.t("photo.small_line")]
            )
        )
    elif not photo.sharp:
        messages.append(
            banner(ft.Icons.BLUR_ON, app.t("photo.blurred"), [app.t("photo.blurred_line")])
        )
    buttons = [
        primary(app.t("photo.again"), ft.Icons.REFRESH, again),
        secondary(app.t("photo.keep"), ft.Icons.CHECK, keep),
    ]
    footer = ft.Column(buttons, spacing=8, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    return scaffold(
        app, [*messages, panel(picture, padding=6)], title=app.t("photo.title"), footer=footer
    )
