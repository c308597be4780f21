"""Where files go: a folder, a bucket, another machine. A file is there whole or not at all.

A folder and an SFTP server take a file under a temporary name and rename it. A bucket (S3, GCS)
shows an object only when its upload is complete, so there the object is simply put: a rename
would be a copy and a deletion, and no more atomic.
"""

from __future__ import annotations

import os
import posixpath
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from warehouse_cdp.destinations.atomic import replaced_file
from warehouse_cdp.destinations.extras import wanted
from warehouse_cdp.errors import DestinationError, DestinationUnauthorisedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMES = ("s3", "gs", "sftp")
_SSH_PORT = 22


def scheme_of(path: str) -> str:
    """Return the scheme of a path, empty for one in a folder."""
    scheme, separator, _ = path.partition("://")
    return scheme if separator else ""


class Store(Protocol):
    """Holds files by path."""

    def place(self, path: str) -> str:
        """The path for a person to read, without secrets."""

    def exists(self, path: str) -> bool:
        """Whether there is a file.

        Raises:
            DestinationError: it cannot be asked.
        """

    def fetch(self, path: str, local: Path) -> None:
        """Copy a file here.

        Raises:
            DestinationError: it could not be read.
        """

    def publish(self, local: Path, path: str) -> None:
        """Put a file in place of what was there, whole or not at all.

        Raises:
            DestinationError: what was there is still there.
        """

    def close(self) -> None:
        """Let go of connections."""


class FolderStore:
    """A folder of this machine; files are for their owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, path: str) -> str:
        """The whole path."""
        return str(self._folder / path)

    def exists(self, path: str) -> bool:
        """Whether there is a file."""
        return (self._folder / path).exists()

    def fetch(self, path: str, local: Path) -> None:
        """Copy a file."""
        with _told(f"read {self.place(path)}", (OSError,)):
            shutil.copyfile(self._folder / path, local)

    def publish(self, local: Path, path: str) -> None:
        """Copy beside the old file, then take its name."""
        with (
            _told(f"write {self.place(path)}", (OSError,)),
            replaced_file(self._folder / path) as part,
        ):
            shutil.copyfile(local, part)

    def close(self) -> None:
        """Nothing to let go of."""


class BucketStore:
    """S3 or Google Cloud Storage, with the credentials that their own libraries find."""

    def __init__(self, scheme: str, endpoint_url: str | None) -> None:
        self._scheme = scheme
        options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
        if scheme == "s3":
            package = wanted("s3fs", "s3", "a path that begins with s3://")
            botocore = wanted("botocore.exceptions", "s3", "a path that begins with s3://")
            self._errors: tuple[type[Exception], ...]
            self._errors = (OSError, botocore.BotoCoreError, botocore.ClientError)
            self._files = package.S3FileSystem(endpoint_url=endpoint_url, **options)
        else:
            package = wanted("gcsfs", "gcs", "a path that begins with gs://")
            auth = wanted("google.auth.exceptions", "gcs", "a path that begins with gs://")
            network = wanted("aiohttp", "gcs", "a path that begins with gs://")
            retry = wanted("gcsfs.retry", "gcs", "a path that begins with gs://")
            self._errors = (OSError, auth.GoogleAuthError, network.ClientError, retry.HttpError)
            with _told("open Google Cloud Storage", self._errors):
                self._files = package.GCSFileSystem(endpoint_url=endpoint_url, **options)

    def place(self, path: str) -> str:
        """The address of the object."""
        return path

    def exists(self, path: str) -> bool:
        """Whether there is an object."""
        with _told(f"look for {path}", self._errors):
            return bool(self._files.exists(path))

    def fetch(self, path: str, local: Path) -> None:
        """Download an object."""
        with _told(f"read {path}", self._errors):
            self._files.get_file(path, str(local))

    def publish(self, local: Path, path: str) -> None:
        """Upload an object, which is seen when it is complete."""
        with _told(f"write {path}", self._errors):
            self._files.put_file(str(local), path)

    def close(self) -> None:
        """Connections end with the process: the library shares them."""


class SftpStore:
    """Another machine through SFTP, whose host key must be known.

    Args:
        address: ``sftp://user@host:port``.
        known_hosts: a file of host keys as ssh has it. There is no way to go without: a file of
            customers is not handed to whoever answers.
        password: for the user; None with a key.
        key_file: a private key; None with a password or an agent.
    """

    def __init__(
        self, address: str, known_hosts: str, password: str | None, key_file: str | None
    ) -> None:
        package = wanted("sshfs", "sftp", "a path that begins with sftp://")
        ssh = wanted("asyncssh", "sftp", "a path that begins with sftp://")
        parts = urlsplit(address)
        self._host = parts.hostname or ""
        self._errors = (OSError, ssh.Error)
        options: dict[str, Any] = {"known_hosts": str(Path(known_hosts).expanduser())}
        if password:
            options |= {"password": password, "client_keys": None}
        if key_file:
            options["client_keys"] = [str(Path(key_file).expanduser())]
        with _told(f"connect to sftp://{self._host}", self._errors):
            self._files = package.SSHFileSystem(
                self._host,
                port=parts.port or _SSH_PORT,
                username=parts.username or os.environ.get("USER", ""),
                skip_instance_cache=True,
                **options,
            )

    def place(self, path: str) -> str:
        """The address of the file, without a user."""
        return f"sftp://{self._host}{urlsplit(path).path}"

    def exists(self, path: str) -> bool:
        """Whether there is a file."""
        with _told(f"look for {self.place(path)}", self._errors):
            return bool(self._files.exists(urlsplit(path).path))

    def fetch(self, path: str, local: Path) -> None:
        """Download a file."""
        with _told(f"read {self.place(path)}", self._errors):
            self._files.get_file(urlsplit(path).path, str(local))

    def publish(self, local: Path, path: str) -> None:
        """Upload under a temporary name, then rename over what was there."""
        final = urlsplit(path).path
        folder, name = posixpath.split(final)
        part = posixpath.join(folder, f".{name}.part")
        with _told(f"write {self.place(path)}", self._errors):
            self._files.makedirs(folder, exist_ok=True)
            self._files.put_file(str(local), part)
            self._files.mv(part, final)

    def close(self) -> None:
        """End the session."""
        self._files.client.close()


def open_store(
    path: str, folder: Path, settings: Mapping[str, object], secrets: Mapping[str, str]
) -> Store:
    """Return the store that a path belongs to.

    Raises:
        ConfigurationError: a package is missing.
        DestinationError: it cannot be reached.
    """
    scheme = scheme_of(path)
    if scheme == "":
        return FolderStore(folder)
    if scheme == "sftp":
        return SftpStore(
            path,
            str(settings.get("known_hosts") or "~/.ssh/known_hosts"),
            secrets.get("sftp_password"),
            secrets.get("sftp_key_file"),
        )
    endpoint = settings.get("endpoint_url")
    return BucketStore(scheme, None if endpoint is None else str(endpoint))


@contextmanager
def _told(action: str, errors: tuple[type[Exception], ...]) -> Iterator[None]:
    """Turn what a library raises into ours, without its text: it may hold a user or a key."""
    failed: DestinationError | None = None
    try:
        yield
    except PermissionError as error:
        message = f"cannot {action}: {_reason(error)}; what was there is as it was before"
        failed = DestinationUnauthorisedError(message)
    except errors as error:
        message = f"cannot {action}: {_reason(error)}; what was there is as it was before"
        failed = DestinationError(message)
    if failed is not None:
        raise failed


def _reason(error: Exception) -> str:
    """The system's own words where the error has some, else its kind."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if isinstance(number, int) else type(error).__name__
