"""The app's window without a browser: a real Flet session over a fake connection.

Private interfaces of Flet 1.0.5 (docs/sources.md#flet-test-harness).

What a person sees is read from the topmost view; what a person does are taps by the words on a control and keystrokes into
a labelled field. Everything below the screens is real: use cases, store, vault, photos.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import flet as ft
import msgpack
from flet.components.component import Component
from flet.controls.base_control import BaseControl
from flet.controls.context import _context_page, context
from flet.controls.value_types import Prop
from flet.messaging.connection import Connection
from flet.messaging.protocol import (
    Message,
    MessageAction,
    RegisterClientResponseBody,
    configure_encode_object_for_msgpack,
)
from flet.messaging.session import Session
from flet.pubsub.pubsub_hub import PubSubHub

from mobile.bootstrap.native import native_ports
from mobile.store.keyring import Keyring
from mobile.ui.app.appearance import restore
from mobile.ui.app.state import App, WindowRole
from mobile.ui.window import Window
from mobile.usecases import enrol
from mobile.usecases.phone import Phone
from mobile.usecases.unlock import PhoneLock
from shared.records.base import Position
from tests.support.phone.quick_crypto import QuickCrypto

DEADLINE_S = 60.0
PIN = "280415"
LEAST_PX = 48  # the least side of what a finger must hit


@dataclasses.dataclass
class FakeDevice:
    """A device that answers as configured; `dialled` and `opened` are what it was handed."""

    has_camera: bool = False
    can_share: bool = False
    closes_share: bool = False
    preview: bool = False
    photo: bytes | None = None
    file: bytes | None = None
    saved: list[tuple[str, bytes]] = dataclasses.field(default_factory=list)
    here: Position | None = None
    shared: list[tuple[str, bytes]] = dataclasses.field(default_factory=list)
    dialled: list[str] = dataclasses.field(default_factory=list)
    opened: list[str] = dataclasses.field(default_factory=list)
    has_maps: bool = True
    origin: str = ""
    home_screen_first: bool = False
    opened_with: str = ""
    held: bool = False
    update_waits: bool = False
    renewed: bool = False

    def renew(self) -> None:
        self.renewed = True

    async def fix(self) -> Position | None:
        return self.here

    async def pick_photo(self) -> bytes | None:
        return self.photo

    async def save_file(self, name: str, data: bytes) -> bool:
        self.saved.append((name, data))
        return True

    async def share_file(self, name: str, data: bytes) -> bool:
        self.shared.append((name, data))
        return not self.closes_share

    async def pick_file(self) -> bytes | None:
        return self.file

    def unsaved(self, some: bool) -> None:
        self.held = some

    async def dial(self, number: str) -> None:
        self.dialled.append(number)

    async def open_map(self, url: str) -> bool:
        self.opened.append(url)
        return self.has_maps


class FakeConnection(Connection):
    """Encodes every message as the wire would (encoding is what snapshots the tree for the next diff)."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.get_running_loop()
        self.executor = ThreadPoolExecutor(1)
        self.pubsubhub = PubSubHub(loop=self.loop, executor=self.executor)
        self.page_url = "http://phone"
        self.crashes: list[str] = []
        self.keystore: dict[str, str] = {}
        self.session: Session | None = None
        self.tasks: set[asyncio.Task[None]] = set()

    def send_message(self, message: Message) -> None:
        msgpack.packb(
            [message.action, message.body], default=configure_encode_object_for_msgpack(BaseControl)
        )
        if message.action == MessageAction.SESSION_CRASHED:
            self.crashes.append(message.body.message)
        elif message.action == MessageAction.INVOKE_METHOD:
            task = self.loop.create_task(self._answer(message.body))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def _kept(self, body: Any) -> str | None:
        """What the device's keystore answers; nothing to any other call."""
        arguments = body.args or {}
        if body.name == "set":
            self.keystore[arguments["key"]] = arguments["value"]
        return self.keystore.get(arguments["key"]) if body.name == "get" else None

    async def _answer(self, body: Any) -> None:
        session = self.session
        if session is None:
            return
        session.handle_invoke_method_results(body.control_id, body.call_id, self._kept(body), None)
        if body.name == "push_route":
            route = body.args["route"]
            session.apply_page_patch({"route": route})
            await session.dispatch_event(session.page._i, "route_change", {"route": route})


async def phone_lock_of(phone: Phone) -> PhoneLock:
    """The phone_lock of an opened phone: the folder is where its database lies."""
    directory = Path(phone.store.db.execute("PRAGMA database_list").fetchone()[2]).parent
    ports = dataclasses.replace(
        native_ports(directory, ""),
        clock=phone.clock,
        transport=phone.transport,
        crypto=QuickCrypto(),
    )
    phone_lock = PhoneLock(ports, await Keyring.load(ports.crypto, ports.secret, ports.files))
    phone_lock.phone = phone
    return phone_lock


async def still_mine() -> bool:
    """The only window there is."""
    return True


def begin(
    session: Session, connection: FakeConnection, route: str, platform: str = "android"
) -> None:
    """What a client does first: says what it is and takes the page."""
    session.apply_page_patch(
        {"route": route, "platform": platform, "web": False, "width": 412, "height": 915}
    )
    body = RegisterClientResponseBody(
        session_id=session.id, page_patch=session.get_page_patch(), error=""
    )
    connection.send_message(Message(MessageAction.REGISTER_CLIENT, body))
    _context_page.set(session.page)
    context.reset_auto_update()


class Screen:
    """One window over one phone; `app` is the one behind it where the test opened it itself."""

    app: App

    def __init__(self, session: Session, connection: FakeConnection, device: FakeDevice) -> None:
        self.session = session
        self.connection = connection
        self.device = device
        self.taps = 0

    @classmethod
    async def open(cls, phone: Phone, route: str = "/", device: FakeDevice | None = None) -> Screen:
        """Open the app at a path."""
        connection, device = FakeConnection(), device or FakeDevice()
        session = Session(connection)
        connection.session = session
        begin(session, connection, route)
        app = App(await phone_lock_of(phone), device, scope=await enrol.enrolled(phone))
        await restore(app, session.page)
        session.page.render_views(Window, WindowRole(active=True), app, still_mine)
        await session.after_event(session.page)
        screen = cls(session, connection, device)
        screen.app = app
        return screen

    @classmethod
    async def through(
        cls,
        main: Callable[[ft.Page], Awaitable[None]],
        route: str = "/",
        keystore: dict[str, str] | None = None,
    ) -> Screen:
        """A window opened the way Flet opens it: through the composition root's `main`.

        With a `keystore` it is a phone that has one, without it a computer.
        """
        connection, device = FakeConnection(), FakeDevice()
        connection.keystore = {} if keystore is None else keystore
        platform = "linux" if keystore is None else "android"
        session = Session(connection)
        connection.session = session
        begin(session, connection, route, platform)
        await main(session.page)
        await session.after_event(session.page)
        return cls(session, connection, device)

    async def enter_pin(self, pin: str) -> Screen:
        """Six digits on the keypad."""
        for digit in pin:
            await self.tap(digit)
        return self

    async def first_start(self, pin: str = PIN) -> Screen:
        """What a new phone asks before anything else."""
        await self.tap("够大了，下一步")
        await (await self.see("设一个 6 位解锁密码")).enter_pin(pin)
        return await (await self.see("再输一次")).enter_pin(pin)

    async def leave(self) -> None:
        """The window is closed, or its network gone."""
        await self.session.dispatch_event(self.session.page._i, "disconnect", None)

    async def come_back(self) -> None:
        """The same window again."""
        await self.session.dispatch_event(self.session.page._i, "connect", None)

    async def close(self) -> None:
        """End the session and everything it still has running."""
        self.session.close()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self.connection.executor.shutdown(wait=False)

    # what one sees

    def top(self) -> Any:
        """The view on top."""
        return list(views_of(self.session.page.views))[-1]

    @property
    def route(self) -> str:
        return str(self.session.page.route)

    def words(self) -> list[str]:
        """All words on the topmost view, labels included, in order."""
        return [word for control in walk(self.top()) for word in words_of(control)]

    def everywhere(self) -> list[str]:
        """All words the session holds, those of views below the topmost too."""
        return [word for control in walk(self.session.page.views) for word in words_of(control)]

    async def see(self, words: str) -> Screen:
        """Wait until some text contains `words`."""
        await self._until(
            lambda: any(words in line for line in self.words()), f"not on screen: {words}"
        )
        return self

    async def gone(self, words: str) -> Screen:
        """Wait until no text contains `words`."""
        await self._until(
            lambda: not any(words in line for line in self.words()), f"still on screen: {words}"
        )
        return self

    async def see_chosen(self, words: str) -> Screen:
        """Wait until the chip is chosen."""
        await self._until(lambda: words in self.chosen(), f"not chosen: {words}")
        return self

    async def at(self, route: str) -> Screen:
        """Wait until the path is `route`."""
        await self._until(lambda: self.route == route, f"not at {route}")
        return self

    async def on_top(self, route: str) -> Screen:
        """Wait until the topmost view is that of `route`: the path changes before its view is shown."""
        await self._until(lambda: self.top().route == route, f"no view of {route} on top")
        return self

    # what one does

    async def tap(self, words: str) -> Screen:
        """Tap the control that says `words` (wholly, or as one of its lines)."""
        control = await self._until(lambda: self._button(words), f"nothing to tap called {words}")
        assert not getattr(control, "disabled", False), f"{words} is switched off"
        self.taps += 1
        await self.session.dispatch_event(control._i, "click", None)
        await asyncio.sleep(0.02)
        self.check()
        return self

    async def touch(self, words: str) -> Screen:
        """Tap as a finger does: the touch is reported before the tap. (`tap` is what a keyboard or screen reader does.)"""
        control = await self._until(lambda: self._button(words), f"nothing to touch called {words}")
        await self.session.dispatch_event(
            control._i, "tap_down", {"k": "touch", "l": [1, 1], "g": [1, 1]}
        )
        return await self.tap(words)

    async def hold(self, words: str) -> Screen:
        """Press and hold the control that says `words`."""
        control = await self._until(lambda: self._button(words), f"nothing to hold called {words}")
        await self.session.dispatch_event(control._i, "long_press", None)
        await asyncio.sleep(0.02)
        self.check()
        return self

    async def tab(self, index: int) -> Screen:
        """Tap one of the tabs below."""
        bar = next(c for c in walk(self.top()) if isinstance(c, ft.NavigationBar))
        await self.session.dispatch_event(bar._i, "change", str(index))
        await asyncio.sleep(0.02)
        return self

    async def tick(self, label: str, value: bool = True) -> Screen:
        """Tick a box."""
        box = next(c for c in walk(self.top()) if isinstance(c, ft.Checkbox) and c.label == label)
        self.session.apply_patch(box._i, {"value": value})
        await self.session.dispatch_event(box._i, "change", value)
        await asyncio.sleep(0.02)
        return self

    async def type(self, label: str, words: str) -> Screen:
        """Type `words` key by key into the field called `label`, as the window would send it."""
        field = await self._until(lambda: self.field(label), f"no field called {label}")
        typed = str(field.value or "")
        for character in words:
            typed += character
            self.session.apply_patch(field._i, {"value": typed})
            await self.session.dispatch_event(field._i, "change", typed)
        await asyncio.sleep(0.02)
        self.check()
        return self

    async def back(self) -> Screen:
        """The system's way back."""
        page = self.session.page
        await self.session.dispatch_event(page._i, "view_pop", {"route": self.top().route})
        await asyncio.sleep(0.02)
        return self

    async def address(self, route: str) -> Screen:
        """An address typed by hand, or a link."""
        self.session.apply_page_patch({"route": route})
        await self.session.dispatch_event(self.session.page._i, "route_change", {"route": route})
        return await self.at(route)

    def field(self, label: str) -> ft.TextField | None:
        """The text field called `label`."""
        fields = [c for c in walk(self.top()) if isinstance(c, ft.TextField) and c.label == label]
        return fields[0] if fields else None

    def chosen(self) -> list[str]:
        """The chips that are chosen now."""
        marks = [c for c in walk(self.top()) if isinstance(c, ft.Semantics) and c.selected]
        return [next(iter(w for inner in walk(c) for w in words_of(inner)), "") for c in marks]

    def _button(self, words: str) -> Any:
        found = [c for c in walk(self.top()) if getattr(c, "on_click", None) is not None]
        for control in found:
            if words in [word for inner in walk(control) for word in words_of(inner)]:
                return control
        return None

    def check(self) -> None:
        """No handler and no component may have raised."""
        assert self.connection.crashes == []

    async def _until(self, true: Callable[[], Any], otherwise: str) -> Any:
        deadline = asyncio.get_running_loop().time() + DEADLINE_S
        while not (found := true()):
            self.check()
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"{otherwise}\n" + "\n".join(self.words()))
            await asyncio.sleep(0.03)
        self.check()
        return found


def walk(node: Any) -> Iterator[Any]:
    """Every visible control below `node`, in order of the tree, components replaced by what they rendered."""
    found: list[Any] = []
    _collect(node, found)
    return iter(found)


def _collect(node: Any, found: list[Any]) -> None:
    if isinstance(node, Component):
        _collect(node._b, found)
    elif isinstance(node, list | tuple):
        for item in node:
            _collect(item, found)
    elif isinstance(node, BaseControl):
        if getattr(node, "visible", True) is False:
            return
        found.append(node)
        for value in _held(node):
            if isinstance(value, BaseControl) or (isinstance(value, list) and value):
                _collect(value, found)


def _held(node: BaseControl) -> Iterator[Any]:
    """What stands in a control's public fields, in their order.

    Values live in a sparse store: of its fields only those are asked that are in it, or have no place there.
    """
    stored = getattr(node, "_values", {})
    for name, sparse in _fields_of(type(node)):
        if not sparse:
            yield getattr(node, name, None)
        elif name in stored:
            yield stored[name]


def views_of(node: Any) -> Iterator[ft.View]:
    """Every visible view below `node`, in order; what stands on a view is not looked at."""
    if isinstance(node, Component):
        yield from views_of(node._b)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from views_of(item)
    elif isinstance(node, ft.View) and node.visible is not False:
        yield node


@cache
def _fields_of(kind: type[Any]) -> tuple[tuple[str, bool], ...]:
    """The public fields of a kind of control that may hold other controls, and whether Flet stores them sparsely."""
    names = [field.name for field in dataclasses.fields(kind)]
    kept = [n for n in names if not n.startswith("_") and n not in ("data", "key", "parent")]
    return tuple((n, _is_sparse(kind, n)) for n in kept)


def _is_sparse(kind: type[Any], name: str) -> bool:
    """Whether a field left alone holds no control: its default is none."""
    found = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
    default = getattr(found, "default", None)
    return isinstance(found, Prop) and not isinstance(default, BaseControl | list | tuple)


def words_of(control: Any) -> Iterator[str]:
    """What a control itself says."""
    for name in ("value", "label", "content", "semantics_label", "title"):
        if name == "value" and isinstance(control, ft.Checkbox):
            continue
        value = getattr(control, name, None)
        if isinstance(value, str) and value:
            yield value
