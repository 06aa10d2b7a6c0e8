"""Files at an address that fsspec knows: `s3://`, `gs://`, `hf://`, `https://` and others, read by ranges.

Listed folder by folder, so that memory grows with the largest folder alone. Every request is tried again where the
other side fails for the moment (`tenacity`: fsspec leaves it to each backend, and its HTTP backend does not). What is
still not to be had is an error of that file, never of the scan.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, BinaryIO, Final, TypeVar, cast
from urllib.parse import quote, urlsplit, urlunsplit

from provenance.carriers.sidecars import Sidecars
from provenance.errors import MissingExtra, SourceError
from provenance.keys import display, path_problem
from provenance.model import Problem, ProblemKind
from provenance.sources.identity import Identity, Stamp
from provenance.sources.interface import StoredFile

T = TypeVar("T")


class _LongerError(OSError):
    """A file that has more bytes than the other side says."""


class _NoPartsError(OSError):
    """A server that gives whole files alone."""


_ATTEMPTS: Final = 7
_LONGEST_WAIT: Final = 10.0
"""Seconds between two attempts; half a minute in all."""

_JITTER: Final = 0.05
"""Seconds at random on top, so that workers which failed together do not come back together."""

_DEEPEST: Final = 100
"""Levels of folders; a server may make them up without end."""

_BUFFER: Final = 1 << 20
_WHOLE: Final = 64 << 20
"""64 MiB: the largest file that is taken from a server which gives no parts of files."""

_PASSING: Final = frozenset({408, 425, 429})
_LASTING: Final = (
    FileNotFoundError,
    PermissionError,
    NotImplementedError,
    NotADirectoryError,
    IsADirectoryError,
    ValueError,
    TypeError,
    _LongerError,
    _NoPartsError,
)

_TAGS: Final = (
    "ETag",
    "etag",
    "e_tag",
    "md5Hash",
    "content_md5",
    "Content-MD5",
    "sha256",
    "oid",
    "blob_id",
    "generation",
)
"""What stores tell of a file that changes with every change of its bytes. A time alone does not."""


def is_address(where: str) -> bool:
    """Whether a collection is named by an address rather than by a path.

    >>> is_address("s3://bucket/photos"), is_address("photos"), is_address("file:///photos")
    (True, False, False)
    """
    scheme, mark, _ = where.partition("://")
    return bool(mark) and scheme.isalnum() and scheme.lower() not in ("file", "local")


class RemoteFiles:
    """The files below an address, or the one that lies there.

    Raises SourceError where nothing can be had of it, MissingExtra without fsspec.
    """

    def __init__(self, address: str) -> None:
        try:
            import fsspec
            import tenacity
        except ImportError as error:
            raise MissingExtra(error.name or "fsspec", "cloud", f"the collection {_shown(address)}") from error
        self._address = address
        self.uri: Final = _shown(address)
        self._retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            wait=tenacity.wait_exponential(multiplier=0.05, max=_LONGEST_WAIT) + tenacity.wait_random(0, _JITTER),
            retry=tenacity.retry_if_exception(_is_passing),
            reraise=True,
        )
        try:
            self._fs, root = fsspec.core.url_to_fs(address, use_listings_cache=False)
            self._http = bool({"http", "https"} & set(_protocols(self._fs)))
            self._root = str(root).rstrip("/")
            self.single: Final = self._is_file(address)
            self._own_name = self._root.rpartition("/")[2].partition("?")[0].encode()
        except (ImportError, ValueError) as error:
            raise SourceError(
                f"the collection {self.uri} cannot be opened: {error}", remedy="check the address"
            ) from error
        except OSError as error:
            raise self._unreachable(error) from None
        self._sidecars = lru_cache(maxsize=8)(self._sidecars_in)

    def __reduce__(self) -> tuple[type[RemoteFiles], tuple[str]]:
        return RemoteFiles, (self._address,)

    @property
    def root(self) -> str:
        """The address: a store knows no other identity."""
        return self.uri

    @property
    def location(self) -> str:
        """The address below which the keys lie."""
        return self.uri.rpartition("/")[0] if self.single else self.uri.rstrip("/")

    def files(self) -> Iterator[StoredFile]:
        """Every file once. Raises SourceError where the address itself cannot be listed."""
        if self.single:
            yield self._stored(self._own_name, self._reached(self._root), {}, Sidecars([]))
            return
        folders, seen = [self._root], {self._root}
        while folders:
            folder = folders.pop()
            try:
                listed = {self._name(one): one for one in self._asked(self._fs.ls, folder, detail=True)}
            except OSError as error:
                if folder == self._root:
                    raise self._unreachable(error) from None  # whose text may hold a secret of the address
                problem = Problem(ProblemKind.IO_ERROR, f"the folder cannot be listed: {_say(error)}")
                yield StoredFile(self._key(folder) + b"/", 0, None, problem)
                continue
            if self._key(folder).count(b"/") >= _DEEPEST:
                problem = Problem(ProblemKind.IO_ERROR, f"folders lie more than {_DEEPEST} deep here")
                yield StoredFile(self._key(folder) + b"/", 0, None, problem)
                continue
            inside = {name: one for name, one in listed.items() if name.startswith(folder + "/") and name != folder}
            files = {name: one for name, one in inside.items() if one.get("type") != "directory"}
            sidecars = Sidecars(name.rpartition("/")[2] for name in files)
            for name, one in files.items():
                if name.startswith(folder + "/"):
                    yield self._stored(self._key(name), one, files, sidecars)
            below = [name for name, one in inside.items() if one.get("type") == "directory" and name not in seen]
            folders += below
            seen.update(below)

    def open(self, key: bytes) -> BinaryIO:
        """A file to read from anywhere in it. Raises OSError."""
        path = self._path(key)
        told = self._told(path)
        size = told.get("size")
        if not isinstance(size, int):
            raise OSError(5, "the server does not tell its size")
        give_part = self._http_part if self._http else self._part

        def ask(start: int, end: int) -> bytes:
            return self._asked(give_part, path, start, end, size)

        def ask_whole() -> bytes:
            if size > _WHOLE:
                raise OSError(5, f"the server gives no parts of files, and it is larger than {_WHOLE} bytes")
            return self._asked(self._exactly, size, lambda: self._fs.cat_file(path))

        if told.get("partial") is False:
            return io.BytesIO(ask_whole())
        return cast("BinaryIO", io.BufferedReader(_Ranges(ask, ask_whole, size, sure=not self._http), _BUFFER))

    def beside(self, key: bytes) -> tuple[bytes, ...]:
        """The keys of the sidecars of a file. Raises OSError."""
        if self.single:
            return ()
        folder, slash, name = key.rpartition(b"/")
        return tuple(folder + slash + found.encode() for found in self._sidecars(folder).of(name.decode()))

    def _sidecars_in(self, folder: bytes) -> Sidecars:
        listed = self._asked(self._fs.ls, self._path(folder) if folder else self._root, detail=True)
        return Sidecars(self._name(one).rpartition("/")[2] for one in listed)

    def _stored(
        self, key: bytes, told: Mapping[str, Any], beside: Mapping[str, Mapping[str, Any]], sidecars: Sidecars
    ) -> StoredFile:
        why = path_problem(key)
        if not why and not isinstance(told.get("size"), int):  # web servers list names alone
            try:
                told = self._told(self._path(key))
            except OSError as error:
                return StoredFile(key, 0, None, Problem(ProblemKind.IO_ERROR, f"it cannot be read: {_say(error)}"))
        size = told.get("size")
        if why or not isinstance(size, int):
            detail = why or "the server does not tell its size"
            return StoredFile(key, 0, None, Problem(ProblemKind.IO_ERROR, detail))
        folder, slash, name = display(key).rpartition("/")
        names = sidecars.of(name)
        infos = [told, *(beside.get(f"{self._root}/{folder}{slash}{one}", {}) for one in names)]
        tags = [_tag(info) for info in infos]
        # The size stands with the tag: some stores give a tag that does not change with an appended file.
        identity = Identity(Stamp(0, 0, size, 0, 0), (), ",".join(tags)) if all(tags) else None
        return StoredFile(key, size, identity)

    def _reached(self, path: str) -> Mapping[str, Any]:
        try:
            return self._told(path)
        except OSError as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: OSError) -> SourceError:
        return SourceError(
            f"the collection {self.uri} cannot be reached: {_say(error)}", remedy="check the address and your rights"
        )

    def _told(self, path: str) -> Mapping[str, Any]:
        def info() -> Mapping[str, Any]:
            found: Mapping[str, Any] = self._fs.info(path)
            return found

        return self._asked(info)

    def _part(self, path: str, start: int, end: int, _: int) -> bytes:
        return self._exactly(end - start, lambda: self._fs.cat_file(path, start=start, end=end))

    def _http_part(self, path: str, start: int, end: int, size: int) -> bytes:
        """A part of a file that is said to have so many bytes. At its end one more is asked for, to see that it is.

        `cat_file` would take all of a file into memory where a server knows no parts; fsspec's file does not.
        """
        from fsspec.asyn import sync

        file = self._fs.open(path, size=size or 1, cache_type="none")
        try:
            return self._exactly(
                end - start, lambda: sync(self._fs.loop, file.async_fetch_range, start, end + (end == size))
            )
        except ValueError as error:
            raise _NoPartsError(5, "the server gives no parts of files") from error

    def _exactly(self, size: int, ask: Callable[[], bytes]) -> bytes:
        """What is asked for, in so many bytes. Fewer may be more at the next attempt."""
        data = ask()
        if len(data) > size:
            raise _LongerError(5, "the server gave more bytes than it says there are")
        if len(data) < size:
            raise ConnectionError(5, "the server gave fewer bytes than were asked for")
        return data

    def _asked(self, ask: Callable[..., T], *arguments: object, **options: object) -> T:
        """Ask, again where it fails for the moment. Raises OSError for whatever remains."""
        try:
            return cast("T", self._retrying(self._once, ask, *arguments, **options))
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - every backend has errors of its own
            raise OSError(5, _say(error)) from None

    def _once(self, ask: Callable[..., T], *arguments: object, **options: object) -> T:
        try:
            return ask(*arguments, **options)
        except FileNotFoundError as error:
            # fsspec's HTTP backend says that a file is not there whatever went wrong when it asked about it.
            if self._http and (status := getattr(error.__cause__, "status", 404)) != 404:
                raise ConnectionError(5, f"the server answered {status}") from error
            raise

    def _is_file(self, address: str) -> bool:
        if self._http:
            return not urlsplit(address).path.endswith("/")
        return bool(self._told(self._root).get("type") == "file")

    def _name(self, told: Mapping[str, Any]) -> str:
        name = str(told["name"]).rstrip("/")
        return _of_link(name) if self._http else name

    def _key(self, path: str) -> bytes:
        return path[len(self._root) + 1 :].encode("utf-8", "surrogateescape")

    def _path(self, key: bytes) -> str:
        problem = path_problem(key)
        if problem:
            raise OSError(22, problem)
        if not self.single:
            return f"{self._root}/{key.decode('utf-8', 'surrogateescape')}"
        if key != self._own_name:
            raise FileNotFoundError(2, "no such file", display(key))
        return self._root


class _Ranges(io.RawIOBase):
    """A file of known size of which any range can be asked, or else the whole.

    Where its size is not `sure`, a file of no bytes is asked for as well: some servers say 0 of what they do not know.
    """

    def __init__(
        self, ask: Callable[[int, int], bytes], ask_whole: Callable[[], bytes], size: int, *, sure: bool
    ) -> None:
        self._ask = ask
        self._ask_whole = ask_whole
        self._size = size
        self._sure = sure
        self._at = 0

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer from here."""
        end = min(self._at + len(buffer), self._size)
        if end <= self._at and (self._size or self._sure):
            return 0
        try:
            data = self._ask(self._at, end)
        except _NoPartsError:
            whole = self._ask_whole()
            self._ask = lambda start, end: whole[start:end]
            data = self._ask(self._at, end)
        buffer[: len(data)] = data
        self._at = end
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError(22, "before the beginning")
        self._at = base + offset
        return self._at

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True


def _of_link(link: str) -> str:
    """The name that a link in the listing of a folder stands for: the folder's own where it only sorts the listing.

    >>> _of_link("http://h/c/./1.jpg#top"), _of_link("http://h/c/?C=N;O=D"), _of_link("http://h/c/x?id=1.jpg")
    ('http://h/c/1.jpg', 'http://h/c', 'http://h/c/x?id=1.jpg')
    """
    name = link.partition("#")[0].partition("/?")[0]
    while "/./" in name:
        name = name.replace("/./", "/")
    return name.removesuffix("/.").rstrip("/")


def _is_passing(error: BaseException) -> bool:
    """Whether a failure may be over at the next attempt."""
    if isinstance(error, _LASTING):
        return False
    status = getattr(error, "status", None) or getattr(error, "code", None)
    return not isinstance(status, int) or status in _PASSING or status >= 500


def _tag(told: Mapping[str, Any]) -> str:
    """What tells one state of a stored file from another, as text; "" where the store does not say.

    A weak tag outlives changes of the bytes that its server takes for none (RFC 9110, section 8.8.1).
    """
    told_of = [told.get(name) for name in _TAGS] + [(told.get("lfs") or {}).get("sha256")]
    found = next((str(tag) for tag in told_of if tag), "")
    return "" if found.startswith("W/") else quote(found, safe="")


def _protocols(filesystem: Any) -> tuple[str, ...]:
    return (filesystem.protocol,) if isinstance(filesystem.protocol, str) else tuple(filesystem.protocol)


def _shown(address: str) -> str:
    """An address without user, password and signature: it is printed and stored."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme.lower(), host, parts.path, "", ""))


def _say(error: BaseException) -> str:
    """What failed, without the message, in which clients repeat the address and what is secret of it."""
    if isinstance(error, FileNotFoundError):
        return "nothing is there"
    status = getattr(error, "status", None) or getattr(error, "code", None)
    if isinstance(status, int):
        return f"the server answered {status}"
    return getattr(error, "strerror", None) or type(error).__name__
