"""What every mailer must do."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator

import pytest

from webapp.adapters.mail import mailer_from_url
from webapp.core.errors import Unavailable
from webapp.core.mail_address import mail_tls
from webapp.domain.accounts.ports import Message

LETTER = Message(to="mara@tallbrook.example", subject="Пополнение", text="Ссылка: http://localhost/confirm/abc\n")


class MailServer(socketserver.ThreadingTCPServer):
    """An SMTP server that takes letters and keeps them."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.letters: list[str] = []
        super().__init__(("127.0.0.1", 0), Conversation)


class Conversation(socketserver.StreamRequestHandler):
    """Enough of RFC 5321 to take one letter."""

    server: MailServer

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().decode().strip():
            if line.upper() == "DATA":
                self.wfile.write(b"354 go on\r\n")
                self.server.letters.append(self._letter())
            if line.upper() == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")

    def _letter(self) -> str:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.decode())
        return "".join(lines)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_smtp_hands_the_letter_over(mail_server: MailServer) -> None:
    address = f"smtp://127.0.0.1:{mail_server.server_address[1]}"
    mailer_from_url(address, "Kabinet <no-reply@kabinet.example>").send(LETTER)
    [letter] = mail_server.letters
    assert "To: mara@tallbrook.example" in letter
    assert "From: Kabinet <no-reply@kabinet.example>" in letter


def test_the_console_shows_the_link(capsys: pytest.CaptureFixture[str]) -> None:
    mailer_from_url("console:", "Kabinet <no-reply@kabinet.example>").send(LETTER)
    shown = capsys.readouterr().out
    assert "mara@tallbrook.example" in shown
    assert "http://localhost/confirm/abc" in shown


def test_a_dead_server_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        mailer_from_url("smtp://127.0.0.1:9", "Kabinet <no-reply@kabinet.example>").send(LETTER)


@pytest.mark.parametrize(
    ("url", "tls"),
    [
        ("smtp://mara:secret@mail.example:587", "starttls"),
        ("smtp://mara:secret@mail.example:587?tls=starttls", "starttls"),
        ("smtps://mara:secret@mail.example", "implicit"),
        ("smtp://mara:secret@127.0.0.1:25?tls=none", "none"),
        ("smtp://mara:secret@[::1]:25?tls=none", "none"),
        ("smtp://mail.example:25", "none"),
    ],
)
def test_a_password_asks_for_tls(url: str, tls: str) -> None:
    assert mail_tls(url) == tls


def test_a_password_does_not_cross_a_network_in_the_open() -> None:
    with pytest.raises(ValueError, match="password"):
        mailer_from_url("smtp://mara:secret@mail.example:587?tls=none", "Kabinet <no-reply@kabinet.example>")


def test_a_server_without_tls_never_sees_the_password(mail_server: MailServer) -> None:
    address = f"smtp://mara:secret@127.0.0.1:{mail_server.server_address[1]}"
    with pytest.raises(Unavailable):
        mailer_from_url(address, "Kabinet <no-reply@kabinet.example>").send(LETTER)
    assert mail_server.letters == []
