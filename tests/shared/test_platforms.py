"""Nothing that only one system has is used without asking for the system first, and every text has its encoding."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ("shared", "mobile", "sync_server", "demo.py", "main.py")
ONE_SYSTEMS_MODULES = {
    *("crypt", "fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"),
    *("_winapi", "msvcrt", "winreg"),
}
POSIX_ONLY = {
    "os": [
        "O_CLOEXEC",
        "O_DIRECTORY",
        "O_NOFOLLOW",
        "O_NONBLOCK",
        "O_TMPFILE",
        "P_PID",
        "WEXITSTATUS",
        "WIFEXITED",
        "WIFSIGNALED",
        "WNOHANG",
        "WTERMSIG",
        "chown",
        "chroot",
        "fchmod",
        "fchown",
        "fdatasync",
        "fork",
        "forkpty",
        "fstatvfs",
        "getegid",
        "geteuid",
        "getgid",
        "getgroups",
        "getloadavg",
        "getpgid",
        "getpgrp",
        "getpriority",
        "getresuid",
        "getsid",
        "getuid",
        "initgroups",
        "killpg",
        "lchown",
        "lockf",
        "memfd_create",
        "mkfifo",
        "mknod",
        "nice",
        "openpty",
        "pathconf",
        "pipe2",
        "posix_fadvise",
        "posix_fallocate",
        "posix_spawn",
        "pread",
        "pwrite",
        "register_at_fork",
        "sched_getaffinity",
        "sendfile",
        "setgid",
        "setpgid",
        "setpriority",
        "setsid",
        "setuid",
        "statvfs",
        "sync",
        "sysconf",
        "tcgetpgrp",
        "uname",
        "wait",
        "wait3",
        "wait4",
        "waitid",
    ],
    "signal": [
        "SIGALRM",
        "SIGCHLD",
        "SIGHUP",
        "SIGKILL",
        "SIGPIPE",
        "SIGQUIT",
        "SIGSTOP",
        "SIGUSR1",
        "SIGUSR2",
        "SIGXCPU",
        "alarm",
        "pause",
        "pthread_kill",
        "pthread_sigmask",
        "setitimer",
        "sigwait",
    ],
    "socket": ["AF_UNIX", "CMSG_LEN", "MSG_DONTWAIT", "SCM_RIGHTS", "SO_REUSEPORT"],
    "time": ["tzset"],
}
ASKS = ("sys.platform", "os.name", "POSIX", "hasattr(")
"""What stands in a condition that asks for the system."""
LOCALE_ENCODED = {"read_text": 0, "write_text": 1}
"""Methods of a path, and where the encoding stands among their arguments."""


def sources() -> list[Path]:
    return [
        path
        for name in CODE
        for path in ([ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py")))
    ]


def with_parents(text: str | bytes) -> tuple[ast.Module, dict[ast.AST, ast.AST]]:
    tree = ast.parse(text)
    return tree, {c: p for p in ast.walk(tree) for c in ast.iter_child_nodes(p)}


def one_systems(node: ast.AST) -> str:
    """What of one system alone a node names; "" for none."""
    if isinstance(node, ast.Import):
        return next((a.name for a in node.names if a.name in ONE_SYSTEMS_MODULES), "")
    if isinstance(node, ast.ImportFrom):
        names = [a.name for a in node.names if a.name in POSIX_ONLY.get(node.module or "", ())]
        return node.module or "" if node.module in ONE_SYSTEMS_MODULES else next(iter(names), "")
    if not isinstance(node, ast.Attribute):
        return ""
    if isinstance(node.value, ast.Name) and node.attr in POSIX_ONLY.get(node.value.id, ()):
        return f"{node.value.id}.{node.attr}"
    return node.attr if node.attr == "add_signal_handler" else ""


def is_guarded(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether the system is asked around it, or before it in the same function, or a lack of it is caught."""
    while node in parents:
        inner, node = node, parents[node]
        if isinstance(node, ast.If | ast.IfExp) and inner is not node.test and asks(node.test):
            return True
        if isinstance(node, ast.Try) and any(catches(h.type) for h in node.handlers):
            return True
        if isinstance(node, ast.With) and any(catches(i.context_expr) for i in node.items):
            return True
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and left_before(node, inner):
            return True
    return False


def asks(test: ast.expr) -> bool:
    return any(word in ast.unparse(test) for word in ASKS)


def catches(found: ast.expr | None) -> bool:
    return found is not None and "ImportError" in ast.unparse(found)


def left_before(function: ast.FunctionDef | ast.AsyncFunctionDef, inner: ast.AST) -> bool:
    """Whether an earlier `if` of a function asks for the system and leaves."""
    before = [s for s in function.body if s.lineno < getattr(inner, "lineno", 0)]
    return any(
        isinstance(s, ast.If) and asks(s.test) and isinstance(s.body[-1], ast.Return | ast.Raise)
        for s in before
    )


def unguarded(text: str | bytes) -> list[str]:
    tree, parents = with_parents(text)
    return [
        found
        for node in ast.walk(tree)
        if (found := one_systems(node)) and not is_guarded(node, parents)
    ]


def without_encoding(text: str | bytes) -> Iterator[str]:
    """Calls whose text would be read or written as the machine's language has it."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or any(
            k.arg in ("encoding", None) for k in node.keywords
        ):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        place = LOCALE_ENCODED.get(name)
        if place is not None and len(node.args) <= place and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node)
        if name == "open" and opens_text(node):
            yield ast.unparse(node)
        if any(k.arg in ("text", "universal_newlines") and truth(k.value) for k in node.keywords):
            yield ast.unparse(node)


def opens_text(call: ast.Call) -> bool:
    """Whether a file is opened as text; `x.open(...)` counts where its first argument is a mode."""
    method = isinstance(call.func, ast.Attribute)
    place = 0 if method else 1
    given = [k.value for k in call.keywords if k.arg == "mode"] or call.args[place : place + 1]
    mode = given[0].value if given and isinstance(given[0], ast.Constant) else None
    if isinstance(mode, str) and set(mode) <= set("rwaxbt+"):
        return "b" not in mode
    return not given and not method


def truth(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def test_what_one_system_alone_has_stands_behind_a_question_for_the_system() -> None:
    found = {str(p.relative_to(ROOT)): unguarded(p.read_bytes()) for p in sources()}
    assert {path: names for path, names in found.items() if names} == {}


def test_every_text_is_read_and_written_with_its_encoding_named() -> None:
    """An office's Windows would take GBK."""
    found = {str(p.relative_to(ROOT)): [*without_encoding(p.read_bytes())] for p in sources()}
    assert {path: calls for path, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    "text",
    [
        "import resource",
        "from fcntl import flock",
        "import os\nos.getuid()",
        "import os\nfrom os import fork",
        "import signal\nif ready:\n    signal.alarm(1)",
        "import sys\ndef f():\n    import fcntl\n    if sys.platform == 'win32':\n        return",
        "loop.add_signal_handler(1, stop)",
    ],
)
def test_an_unguarded_use_is_found(text: str) -> None:
    assert len(unguarded(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import os, sys\nif sys.platform != 'win32':\n    os.getuid()",
        "import os\nowner = os.getuid() if os.name == 'posix' else 0",
        "import sys\ndef f():\n    if sys.platform == 'win32':\n        return\n    import resource",
        "try:\n    import resource\nexcept ImportError:\n    resource = None",
    ],
)
def test_a_guarded_use_is_not(text: str) -> None:
    assert unguarded(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "p.read_text()",
        "p.write_text('a')",
        "open('a')",
        "open('a', 'w')",
        "p.open('w')",
        "subprocess.run([], text=True)",
    ],
)
def test_a_text_in_the_machines_language_is_found(text: str) -> None:
    assert len([*without_encoding(text)]) == 1


@pytest.mark.parametrize(
    "text",
    ["p.read_text('ascii')", "open('a', 'rb')", "p.open('w', encoding='utf-8')", "Image.open(a)"],
)
def test_a_named_encoding_and_bytes_are_not(text: str) -> None:
    assert [*without_encoding(text)] == []
