"""The server of a study: the standard library's, for one computer or a trusted network."""

from __future__ import annotations

import http.server
import mimetypes
import re
import sys
import urllib.parse
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from styletalker.core.errors import InputError, compose
from styletalker.evaluation.study.assign import assign
from styletalker.evaluation.study.database import Answers
from styletalker.evaluation.study.pages import error_page, finish_page, start_page, trial_page
from styletalker.evaluation.study.plan import MEDIA, Study, answers_of, load_study

__all__ = ["StudyServer", "serve_study"]

_HERE = Path(__file__).parent
_STATIC = {"/study.css": "text/css; charset=utf-8", "/study.js": "text/javascript; charset=utf-8"}
_LARGEST_FORM = 1 << 16
_CHUNK = 1 << 16
_LONGEST_S = 86400.0
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class StudyServer(http.server.ThreadingHTTPServer):
    """Serves one study; several people at once."""

    daemon_threads = True

    def __init__(self, folder: Path, host: str, port: int) -> None:
        """Listen at *host* and *port* (0 for any free one).

        Raises:
            InputError: there is no study in *folder*, or the address cannot be had.
        """
        self.study: Study = load_study(folder)
        self.answers = Answers(folder)
        self.answers.people()  # the database can be opened, or it is said now
        self.files = {one.file: folder / MEDIA / one.file for one in self.study.items}
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            problem = f"the server cannot listen at {host}:{port}: {error.strerror or error}"
            raise InputError(compose(problem, fix="Choose another --port.")) from error

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away is no error."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        """Where it listens, as a browser wants it."""
        host, port = self.server_address[0], self.server_address[1]
        return f"http://{host!s}:{port}/"


def serve_study(folder: Path, host: str, port: int, ready: Callable[[str], object]) -> None:
    """Serve until the process is interrupted; *ready* is told the address."""
    with StudyServer(folder, host, port) as server:
        ready(server.address)
        server.serve_forever()


class _Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    server: StudyServer
    protocol_version = "HTTP/1.1"
    server_version = "study"
    sys_version = ""
    timeout = 60

    def do_GET(self) -> None:
        """Pages and videos."""
        path = urllib.parse.urlsplit(self.path).path
        if path == "/":
            self._page(start_page(self.server.study))
        elif path in _STATIC:
            self._bytes((_HERE / path[1:]).read_bytes(), _STATIC[path])
        elif path.startswith("/media/"):
            self._media(path.removeprefix("/media/"))
        elif path.startswith("/p/"):
            self._person(path.removeprefix("/p/"))
        else:
            self._error(HTTPStatus.NOT_FOUND, "There is no such page.")

    def do_HEAD(self) -> None:
        """The same without the content."""
        self.do_GET()

    def do_POST(self) -> None:
        """Begin, or an answer."""
        form = self._form()
        if form is None:
            return
        path = urllib.parse.urlsplit(self.path).path
        if path == "/start":
            server = self.server
            token = server.answers.begin(server.study.seed, partial(assign, server.study))
            self._go(f"/p/{token}")
        elif path.startswith("/p/"):
            self._answer(path.removeprefix("/p/"), form)
        else:
            self._error(HTTPStatus.NOT_FOUND, "There is no such page.")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: requests are not worth a line, and addresses are private."""

    def _person(self, token: str) -> None:
        try:
            shown = self.server.answers.next(token)
        except KeyError:
            self._error(HTTPStatus.NOT_FOUND, "Nobody has begun with this address.")
            return
        study = self.server.study
        self._page(finish_page(study) if shown is None else trial_page(study, shown, token))

    def _answer(self, token: str, form: dict[str, str]) -> None:
        study = self.server.study
        values = {k: form.get(f"q{k}", "") for k in range(len(study.questions))}
        trial = form.get("trial", "")
        if not trial.isdigit() or not set(values.values()) <= set(answers_of(study)):
            self._error(HTTPStatus.BAD_REQUEST, "Please go back and answer every question.")
            return
        try:
            self.server.answers.add(token, int(trial), values, _seconds(form.get("watched", "")))
        except KeyError:
            self._error(HTTPStatus.NOT_FOUND, "Nobody has begun with this address.")
            return
        self._go(f"/p/{token}")

    def _form(self) -> dict[str, str] | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LARGEST_FORM:
            self.close_connection = True
            self._error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "This is no answer.")
            return None
        text = self.rfile.read(int(length)).decode("utf-8", "replace")
        return dict(urllib.parse.parse_qsl(text))

    def _media(self, name: str) -> None:
        """A video or a part of it: browsers ask for parts to be able to jump."""
        path = self.server.files.get(name)
        if path is None or not path.is_file():
            self._error(HTTPStatus.NOT_FOUND, "There is no such video.")
            return
        size = path.stat().st_size
        first, last, part = 0, size - 1, False
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if asked and (asked[1] or asked[2]):
            part = True
            first = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
            last = min(int(asked[2]), size - 1) if asked[1] and asked[2] else size - 1
            if first > last:
                self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                self._end({"Content-Range": f"bytes */{size}", "Content-Length": "0"})
                return
        self.send_response(HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK)
        more = {"Content-Range": f"bytes {first}-{last}/{size}"} if part else {}
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        length = str(last - first + 1)
        self._end({"Content-Type": kind, "Content-Length": length, "Accept-Ranges": "bytes",
                   "Cache-Control": "private, max-age=3600", **more})  # fmt: skip
        if self.command != "HEAD":
            self._send(path, first, last)

    def _send(self, path: Path, first: int, last: int) -> None:
        with path.open("rb") as stream:
            stream.seek(first)
            left = last - first + 1
            try:
                while left > 0 and (data := stream.read(min(_CHUNK, left))):
                    self.wfile.write(data)
                    left -= len(data)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the browser has seen enough

    def _go(self, where: str) -> None:
        self.send_response(HTTPStatus.SEE_OTHER)
        self._end({"Location": where, "Content-Length": "0"})

    def _page(self, text: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._bytes(text.encode(), "text/html; charset=utf-8", status)

    def _error(self, status: HTTPStatus, text: str) -> None:
        self._page(error_page(text), status)

    def _bytes(self, data: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        length = str(len(data))
        self._end({"Content-Type": kind, "Content-Length": length, "Cache-Control": "no-store"})
        if self.command != "HEAD":
            self.wfile.write(data)

    def _end(self, headers: dict[str, str]) -> None:
        for name, value in {**headers, **_HEADERS}.items():
            self.send_header(name, value)
        self.end_headers()


def _seconds(text: str) -> float | None:
    """What the page's script measured; None if there was none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= _LONGEST_S else None
