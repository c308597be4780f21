"""Stores that tests write to: a folder, S3 as moto speaks it, SFTP as asyncssh does."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PASSWORD = "canary-password-5d1"  # noqa: S105 - of a server that lives as long as a test


@dataclass(frozen=True)
class Place:
    """Where a test's files go and how it looks at them from the other side."""

    prefix: str
    settings: dict[str, object]
    secrets: dict[str, str]
    read: Callable[[str], bytes]
    names: Callable[[], list[str]]


@contextmanager
def folder_place(folder: Path) -> Iterator[Place]:
    out = folder / "out"
    yield Place(
        f"{out}/",
        {},
        {},
        lambda name: (out / name).read_bytes(),
        lambda: sorted(path.name for path in out.rglob("*") if path.is_file()),
    )


@contextmanager
def s3_place(_folder: Path) -> Iterator[Place]:
    """A bucket of a server that speaks S3's own protocol, in this process."""
    pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    server_module = pytest.importorskip("moto.server", reason="moto is not installed")
    import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 - comes with the extra

    credentials = {"AWS_ACCESS_KEY_ID": "canary-id", "AWS_SECRET_ACCESS_KEY": PASSWORD}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in credentials.items():
            environment.setenv(name, value)
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        server = server_module.ThreadedMotoServer(port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client: Any = boto3.client("s3", endpoint_url=endpoint)
        client.create_bucket(Bucket="people")
        try:
            yield Place(
                "s3://people/out/",
                {"endpoint_url": endpoint},
                {},
                lambda name: _object(client, f"out/{name}"),
                lambda: sorted(
                    one["Key"].rpartition("/")[2]
                    for one in client.list_objects_v2(Bucket="people").get("Contents", [])
                ),
            )
        finally:
            client.close()
            server.stop()


def _object(client: Any, key: str) -> bytes:  # noqa: ANN401 - a client of boto3
    body: bytes = client.get_object(Bucket="people", Key=key)["Body"].read()
    return body


@contextmanager
def sftp_place(folder: Path) -> Iterator[Place]:
    """A folder that is reached through a real SFTP server, in a thread of this process."""
    pytest.importorskip("sshfs", reason="the extra sftp is not installed")
    ssh = pytest.importorskip("asyncssh", reason="the extra sftp is not installed")
    root = folder / "sftp"
    root.mkdir()
    key = ssh.generate_private_key("ssh-ed25519")

    class Server(ssh.SSHServer):  # type: ignore[misc, name-defined]
        def begin_auth(self, _username: str) -> bool:
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, _username: str, password: str) -> bool:
            return password == PASSWORD

    started = threading.Event()
    found: dict[str, Any] = {}

    async def serve() -> None:
        listener = await ssh.listen(
            "127.0.0.1", 0, server_factory=Server, server_host_keys=[key],
            sftp_factory=lambda channel: ssh.SFTPServer(channel, chroot=str(root).encode()),
        )  # fmt: skip
        found["port"] = listener.get_port()
        found["stop"] = asyncio.Event()
        found["loop"] = asyncio.get_running_loop()
        started.set()
        await found["stop"].wait()
        listener.close()
        await listener.wait_closed()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(10)
    known = folder / "known_hosts"
    public = key.export_public_key("openssh").decode().strip()
    known.write_text(f"[127.0.0.1]:{found['port']} {public}\n")
    out = root / "out"
    try:
        yield Place(
            f"sftp://feeds@127.0.0.1:{found['port']}/out/",
            {"known_hosts": str(known)},
            {"sftp_password": PASSWORD},
            lambda name: (out / name).read_bytes(),
            lambda: sorted(path.name for path in out.iterdir()),
        )
    finally:
        found["loop"].call_soon_threadsafe(found["stop"].set)
        thread.join(10)


PLACES = {"folder": folder_place, "s3": s3_place, "sftp": sftp_place}
