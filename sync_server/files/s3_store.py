"""A bucket, or what lies below a prefix of one, as a store of files: whatever speaks S3.

Address and credentials come from the environment as AWS's own tools read them (AWS_ENDPOINT_URL_S3,
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION …). What is refused or not answered becomes a
problem: a phone gets 503 with Retry-After, the log of the server says what is wrong.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import obstore
from obstore import exceptions
from obstore.store import S3Store as Bucket

from shared.problems import ProblemError
from sync_server.files import local_copies
from sync_server.files.keys import is_key, key_of, name_of
from sync_server.files.protocol import FoundFile

if TYPE_CHECKING:
    from obstore.store import S3Config

CONNECT_S, ANSWER_S = 3, 30
"""How long a connection, and one answer, may take."""
TRIES, TRIES_S = 4, 20
"""How often a request is made again, and within what time."""
PIECE_BYTES = 4 * 1024 * 1024
DELETED_AT_ONCE = 1000
REGION = "us-east-1"
"""Where none is given: what stores that are not Amazon's take."""
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_ADDRESS = re.compile(
    r"https?://([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9_.~/-]*)?"
)
_PASSWORD = re.compile(r"//[^/\s]*@")
_DENIED_WORDS = ("status code: 401", "status code: 403", "NoSuchBucket")
_DENIED = (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)


class S3FileStore:
    """Files as objects of one bucket.

    Args:
        bucket: Its name.
        prefix: What every key begins with there; "" for none.
        environ: Where address and credentials stand.

    Raises:
        ProblemError: files.bad_url, files.bad_endpoint.
    """

    is_shared = True

    def __init__(
        self, bucket: str, prefix: str = "", environ: Mapping[str, str] = os.environ
    ) -> None:
        self._url = f"s3://{bucket}/{prefix}" if prefix else f"s3://{bucket}"
        endpoint = _endpoint(environ)
        plain = endpoint.startswith("http://") or environ.get("AWS_ALLOW_HTTP") == "true"
        try:
            self._bucket = Bucket(
                bucket,
                prefix=prefix or None,
                client_options={
                    "allow_http": plain,
                    "connect_timeout": timedelta(seconds=CONNECT_S),
                    "timeout": timedelta(seconds=ANSWER_S),
                },
                retry_config={
                    "max_retries": TRIES,
                    "retry_timeout": timedelta(seconds=TRIES_S),
                },
                config=_config(endpoint, environ),
            )
        except (exceptions.BaseError, ValueError) as error:
            raise ProblemError("files.bad_url", url=self._url) from error

    @property
    def words(self) -> str:
        """Return bucket and prefix."""
        return self._url

    def put(self, key: str, data: bytes, *, once: bool = False) -> bool:
        """Write an object; where `once`, under the condition that there is none."""
        with self._problems():
            try:
                obstore.put(self._bucket, key_of(key), data, mode="create" if once else "overwrite")
            except exceptions.AlreadyExistsError:
                return False
        return True

    def put_file(self, key: str, source: Path) -> None:
        """Write a temporary file as an object, and remove it."""
        with self._problems():
            obstore.put(self._bucket, key_of(key), source)
        source.unlink()

    def put_folder(self, key: str, made: Path) -> None:
        """Write the files of a folder as objects, one after another."""
        for path in sorted(made.iterdir()):
            self.put_file(f"{key}/{path.name}", path)
        made.rmdir()

    def read(self, key: str) -> bytes:
        """Return an object's bytes."""
        with self._problems():
            return bytes(obstore.get(self._bucket, key_of(key)).bytes())

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading: a copy, so that a cut in the middle is no short file."""
        return self.local(key).open("rb")

    def local(self, key: str) -> Path:
        """Return a copy of an object as it is now."""
        found = self._head(key)
        if found is None:
            return local_copies.nothing(key)
        name = name_of(key)
        copy = self._copied(key, [found], lambda folder: self._copy(key, folder / name))
        return copy / name

    def local_folder(self, key: str) -> Path:
        """Return a folder with copies of the objects directly below a key."""
        if not is_key(key):
            return local_copies.nothing(key)
        with self._problems():
            found = obstore.list_with_delimiter(self._bucket, key_of(key))["objects"]
        if not found:
            return local_copies.nothing(key)

        def fill(folder: Path) -> None:
            for one in found:
                self._copy(one["path"], folder / name_of(one["path"]))

        return self._copied(key, found, fill)

    def size(self, key: str) -> int | None:
        """Return an object's size."""
        found = self._head(key)
        return None if found is None else found["size"]

    def changed_s(self, key: str) -> float | None:
        """Return when an object was written, by the store's clock."""
        found = self._head(key)
        return None if found is None else found["last_modified"].timestamp()

    def exists(self, key: str) -> bool:
        """Return whether there is an object of this key."""
        return self._head(key) is not None

    def has_folder(self, key: str) -> bool:
        """Return whether there is an object below a key."""
        return next(self.below(key), None) is not None

    def below(self, key: str) -> Iterator[FoundFile]:
        """Yield the objects below a key; a bucket lists them in order, a part at a time."""
        if not is_key(key):
            return
        with self._problems():
            parts = iter(obstore.list(self._bucket, key_of(key)))
        while True:
            with self._problems():
                part = next(parts, None)
            if part is None:
                return
            for one in part:
                yield FoundFile(one["path"], one["size"], one["last_modified"].timestamp())

    def folders(self, key: str) -> list[str]:
        """Return what the keys below one go on with up to their next slash."""
        if not is_key(key):
            return []
        with self._problems():
            found = obstore.list_with_delimiter(self._bucket, key_of(key))
        return sorted(found["common_prefixes"])

    def delete(self, key: str) -> None:
        """Remove an object."""
        with self._problems(), suppress(FileNotFoundError):  # some stores say so
            obstore.delete(self._bucket, key_of(key))
        local_copies.forget(self._url, [key])

    def delete_each(self, keys: Iterable[str]) -> None:
        """Remove these objects, a thousand in a request; the listing may go on meanwhile."""
        left = iter(keys)
        while some := [key_of(key) for key in islice(left, DELETED_AT_ONCE)]:
            with self._problems():
                obstore.delete(self._bucket, some)
            local_copies.forget(self._url, some)

    def delete_all(self, key: str) -> None:
        """Remove every object below a key."""
        self.delete_each([found.key for found in self.below(key)])

    def check(self) -> None:
        """Write an object once, a second time in vain, read it and remove it."""
        key = f"probe-{secrets.token_hex(8)}"
        try:
            if not self.put(key, b"1", once=True) or self.put(key, b"2", once=True):
                raise ProblemError("files.not_conditional", url=self._url)
            if self.read(key) != b"1":
                raise ProblemError("files.unreachable", why=f"{self._url} returns other bytes")
        finally:
            self.delete(key)

    def _head(self, key: str) -> obstore.ObjectMeta | None:
        with self._problems():
            try:
                return obstore.head(self._bucket, key_of(key))
            except FileNotFoundError:
                return None

    def _copy(self, key: str, path: Path) -> None:
        with self._problems(), path.open("xb") as file:
            for piece in obstore.get(self._bucket, key).stream(min_chunk_size=PIECE_BYTES):
                file.write(piece)

    def _copied(
        self, key: str, found: Sequence[obstore.ObjectMeta], fill: Callable[[Path], None]
    ) -> Path:
        """Return a copy of objects; a path at which nothing is where one went meanwhile."""
        try:
            return local_copies.of(self._url, key, self._versions(found), fill)
        except FileNotFoundError as error:
            if error.errno is not None:
                raise  # our own disk
            return local_copies.nothing(key)

    def _versions(self, found: Sequence[obstore.ObjectMeta]) -> list[str]:
        return [f"{one['path']} {one['size']} {one['e_tag']}" for one in found]

    @contextmanager
    def _problems(self) -> Iterator[None]:
        """Name what the store refuses; that it has no such object stays FileNotFoundError.

        Raises:
            ProblemError: files.denied, files.unreachable.
        """
        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise ProblemError("files.denied", url=self._url) from error
            raise
        except _DENIED as error:
            raise ProblemError("files.denied", url=self._url) from error
        except (exceptions.BaseError, OSError) as error:
            if any(words in str(error) for words in _DENIED_WORDS):  # of a listing
                raise ProblemError("files.denied", url=self._url) from error
            if isinstance(error, OSError) and error.errno is not None:
                raise  # our own disk, where a copy is written
            raise ProblemError("files.unreachable", why=_first_line(error)) from error


def _endpoint(environ: Mapping[str, str]) -> str:
    """Return the address of the store; "" for Amazon's own.

    The library panics on an invalid address, which `except Exception` does not catch.

    Raises:
        ProblemError: files.bad_endpoint, which does not repeat it: it may hold a password.
    """
    name = next((name for name in ENDPOINTS if environ.get(name)), "")
    found = environ.get(name, "").strip()
    if name and _ADDRESS.fullmatch(found) is None:
        raise ProblemError("files.bad_endpoint", variable=name)
    return found


def _config(endpoint: str, environ: Mapping[str, str]) -> S3Config:
    """Return what is given; what is not, the library finds as AWS's own tools do."""
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or REGION
    config: S3Config = {"region": region}
    if endpoint:
        config["aws_endpoint_url_s3"] = endpoint  # before what the library finds itself
    if environ.get("AWS_ACCESS_KEY_ID"):
        config["access_key_id"] = environ["AWS_ACCESS_KEY_ID"]
        config["secret_access_key"] = environ.get("AWS_SECRET_ACCESS_KEY", "")
    if environ.get("AWS_SESSION_TOKEN"):
        config["session_token"] = environ["AWS_SESSION_TOKEN"]
    return config


def _first_line(error: Exception) -> str:
    """Return what a library says in one line, without a password that an address may hold.

    What follows may be a whole answer.
    """
    return _PASSWORD.sub("//…@", (str(error).splitlines() or [""])[0])[:200]
