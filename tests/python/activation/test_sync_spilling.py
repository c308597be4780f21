"""Plans too large for memory: DuckDB puts rows into a private folder, which goes with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sync_worlds import World, people
from warehouse_cdp.warehouse.sync_sessions import DuckDbSessions

if TYPE_CHECKING:
    from warehouse_cdp.warehouse.sync_sessions import Session

LARGE = (
    "create temporary table large as "
    "select md5(number::text) as one, md5((-number)::text) as other "
    "from range(2000000) as all_of(number)"
)


def _folder(session: Session) -> Path:
    ((place,),) = session.rows("select current_setting('temp_directory')")
    return Path(str(place))


def test_sessions_go_on_after_one_that_spilled_and_leave_no_rows_on_disk(tmp_path: Path) -> None:
    world = World(tmp_path, people(1))
    world.sync()
    sessions = DuckDbSessions(world.target)
    with sessions.open(writes=False) as session:
        session.run("set memory_limit = '60MB'")
        session.run(LARGE)
        folder = _folder(session)
        assert sum(file.stat().st_size for file in folder.iterdir()) > 0
        assert folder.stat().st_mode & 0o077 == 0
    assert sum(file.stat().st_size for file in folder.iterdir()) == 0
    with sessions.open(writes=False) as session:
        assert session.rows("select 1") == [(1,)]
    sessions.close()
    assert not folder.exists()
