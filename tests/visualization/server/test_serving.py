"""The server's manners: who may talk to it, and where it listens."""

import http.client
import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from econsim.errors import ParameterError
from econsim.visualization.server.guard import Guard
from econsim.visualization.server.serving import accessible, listen

PATHS = ("/", "/lab", "/readyz", "/jupyter/api/kernels/x/channels?session_id=y")


def status(server, path, method="GET", **headers):
    place = server.address.removeprefix("http://")
    connection = http.client.HTTPConnection(place, timeout=10)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    found = connection.getresponse().status
    connection.close()
    return found


def test_a_hundred_foreign_origins_are_refused(server):
    place = server.address.removeprefix("http://")
    port = place.rpartition(":")[2]
    foreign = [
        f"{scheme}://{name}"
        for scheme in ("http", "https", "ftp", "file", "chrome-extension")
        for name in (
            "evil.example", f"evil.example:{port}", "localhost", f"localhost:{port}",
            f"127.0.0.1.evil.example:{port}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.2:{port}",
            f"127.0.0.1:{port}.evil.example", f"evil.example/127.0.0.1:{port}",
            f"user@127.0.0.1:{port}", f"[::1]:{port}", f"0.0.0.0:{port}", f"127.1:{port}",
            f"2130706433:{port}", f"econsim:{port}", f"127.0.0.1:{port}/", f"127.0.0.1:{port}#",
            f"xn--evil:{port}", "",
        )
    ]  # fmt: skip
    assert len(foreign) == 100
    for number, origin in enumerate([*foreign, "null"]):
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket",
                   "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
                   "Sec_WebSocket_Version": "13"} if number % 4 == 3 else {}  # fmt: skip
        assert status(server, PATHS[number % 4], Origin=origin, **upgrade) == 403, origin
    assert status(server, "/", Origin=server.address) == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "10.0.0.7", "", "[::2]:80"])
def test_foreign_hosts_are_refused(server, host):
    assert status(server, "/", Host=host) == 403


def test_closing_somebody_elses_session_needs_no_foreign_page(server):
    path = "/_solara/api/close/any?session_id=any"
    assert status(server, path, "POST", Origin="http://evil.example") == 403


def allowed(host, headers, client="127.0.0.1"):
    """Whether a guard lets a request through."""
    passed = []

    async def app(scope, receive, send):
        passed.append(scope)

    async def send(message):
        assert message.get("status", 403) == 403

    scope = {"type": "http", "client": (client, 1), "headers": headers}
    with pytest.raises(StopIteration):  # it awaits nothing, so one push runs all of it
        Guard(app, host)(scope, None, send).send(None)
    return bool(passed)


@pytest.mark.parametrize("path", ["/", "/readyz"])
def test_no_page_elsewhere_frames_or_embeds_it(server, path):
    place = server.address.removeprefix("http://")
    connection = http.client.HTTPConnection(place, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert status(server, path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors") == 403
    assert status(server, path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate") == 200
    assert status(server, path, Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="cors") == 200


HOST = (b"host", b"192.168.1.5:8765")


def test_a_server_for_others_knows_its_own_addresses_only():
    assert allowed("0.0.0.0", [HOST], "192.168.1.9")
    assert allowed("market.lan", [(b"host", b"market.lan:8765")], "192.168.1.9")
    assert not allowed("0.0.0.0", [(b"host", b"evil.example:8765")], "192.168.1.9")
    assert not allowed("0.0.0.0", [HOST, (b"origin", b"http://192.168.1.6:8765")], "192.168.1.9")


def test_a_local_server_answers_local_clients_only():
    local = [(b"host", b"127.0.0.1:8765")]
    assert allowed("127.0.0.1", local)
    assert not allowed("127.0.0.1", local, "192.168.1.9")
    assert not allowed("127.0.0.1", local, "nonsense")  # as X-Forwarded-For may say
    assert not allowed("127.0.0.1", [HOST])
    assert not allowed("127.0.0.1", [*local, *local])
    assert not allowed("127.0.0.1", [])


def listening(pid):
    """Addresses on which a process listens, from the kernel's tables."""
    links = subprocess.run(["ls", "-l", f"/proc/{pid}/fd"], capture_output=True, text=True).stdout
    sockets = set(re.findall(r"socket:\[(\d+)\]", links))
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and parts[9] in sockets:
                found.append(parts[1].partition(":")[0])
    return found


def test_it_listens_on_loopback_though_the_environment_names_a_host(server):
    assert listening(server.process.pid) == ["0100007F"]


def test_solara_run_serves_it_as_safely(tmp_path):
    with ExitStack() as stack:
        apps = ("econsim.visualization.dashboard", "visualization/dashboard.py")
        running = [stack.enter_context(solara_run(app, tmp_path / str(k)))
                   for k, app in enumerate(apps)]  # fmt: skip
        for made in running:
            until_it_answers(made)
            assert status(made, "/compare") == 200
            assert listening(made.process.pid) == ["0100007F"]
            assert status(made, "/", Origin="http://evil.example") == 403
            assert status(made, "/", Host="evil.example") == 403


@contextmanager
def solara_run(app, log):
    """``solara run`` on a free port, with $HOST set."""
    port = listen("127.0.0.1", 0)
    number = port.getsockname()[1]
    port.close()
    words = [sys.executable, "-m", "solara", "run", app, "--no-open", "--port", str(number)]
    with log.open("w") as file:
        process = subprocess.Popen(
            words, env={**os.environ, "HOST": "0.0.0.0"}, stdout=file, stderr=file
        )
        try:
            yield SimpleNamespace(address=f"http://127.0.0.1:{number}", process=process)
        finally:
            process.terminate()
            process.wait(10)


def until_it_answers(server):
    for _ in range(300):
        try:
            assert status(server, "/") == 200
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("it does not answer")


def test_a_taken_port_and_a_strange_host_are_one_line():
    taken = listen("127.0.0.1", 0)
    for host, port in (("127.0.0.1", taken.getsockname()[1]), ("no.such.host.invalid", 0)):
        with pytest.raises(ParameterError, match="--host and --port"):
            listen(host, port)
    with pytest.raises(ParameterError, match="--port"):
        listen("127.0.0.1", 70_000)
    taken.close()


def test_solaras_page_gets_a_language_and_zoom():
    fixed = ", maximum-scale=1, user-scalable=no, minimal-ui"
    page = f'<html>\n<meta name="viewport" content="width=1{fixed}">'
    assert accessible(page) == '<html lang="en">\n<meta name="viewport" content="width=1">'
