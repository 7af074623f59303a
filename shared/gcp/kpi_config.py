"""The KPI tables' files and the calendar, read at run time: adding a table redeploys nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from shared.errors import ConfigError
from shared.gcp.config_files import read_text
from shared.kpi.configuration.table_file import parse_table
from shared.kpi.tables import KpiTable

if TYPE_CHECKING:
    from google.cloud.storage import Client

    from shared.kpi.calendar import Calendar

SUFFIXES = (".yaml", ".yml")
READ_AT_ONCE = 8
"""Objects: 200 tables' files are read in a second or two, not in ten."""

type Storage = Callable[[], "Client"] | None


def read_tables(location: str, storage: Storage) -> tuple[list[KpiTable], dict[str, ConfigError]]:
    """The KPI tables in a folder or gs://bucket/prefix, and by its location what is wrong with a file.

    Every *.yaml there is one table; a broken file hides no other. Of two files that watch one table the
    first, by name, counts until one is removed. Raises ConfigError where there is no file at all, for nothing
    would be watched then; StorageUnavailable where the bucket can't be read now.
    """
    locations, storage = _locations(location, storage)
    return read_files(locations, storage)


def read_files(locations: list[str], storage: Storage) -> tuple[list[KpiTable], dict[str, ConfigError]]:
    """The KPI tables in the files at `locations`, as read_tables does of a folder's."""
    tables: list[KpiTable] = []
    broken: dict[str, ConfigError] = {}
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        found = list(pool.map(lambda one: _attempted(one, storage), locations))
    for where, table in zip(locations, found, strict=True):
        if isinstance(table, ConfigError):
            broken[where] = table
            continue
        twin = next((other for other in tables if _is_same(table.table, other.table)), None)
        if twin is None:
            tables.append(table)
            continue
        places = [f"{one.where}, line {one.lines.get(('table',), 1)}" for one in (twin, table)]
        broken[where] = ConfigError(
            f"{table.table} is watched by both {places[0]}, and {places[1]}: "
            "expected one file of a table; remove one"
        )
    return tables, broken


def read_table(location: str, storage: Storage) -> KpiTable:
    """The KPI table in the file at `location`, a path or gs://bucket/name.

    Raises ConfigError with all that is wrong; StorageUnavailable where the bucket can't be read now.
    """
    return parse_table(read_text(location, storage), location)


def read_calendar(location: str, storage: Storage) -> "Calendar":
    """The calendar in the file at `location`, a path or gs://bucket/name. Raises as read_table does."""
    from shared.kpi.configuration.calendar_file import parse_calendar  # noqa: PLC0415 - who only asks for checks has no holidays

    return parse_calendar(read_text(location, storage), location)


def _is_same(one: str, other: str) -> bool:
    """Whether two names are of one table: where only one names its project, that may be the default one."""
    shorter, longer = sorted((one, other), key=len)
    return longer == shorter or (shorter.count(".") == 1 and longer.endswith(f".{shorter}"))


def _attempted(location: str, storage: Storage) -> KpiTable | ConfigError:
    if location.lower().endswith(SUFFIXES) and not location.endswith(SUFFIXES):
        # Terraform uploads *.yaml and *.yml: read here, it would be right on a laptop and watch nothing.
        return ConfigError(
            f"{location}: expected a name that ends in .yaml or .yml, in small letters; "
            "this file is not read: rename it"
        )
    try:
        return read_table(location, storage)
    except ConfigError as error:
        return error


def _locations(location: str, storage: Storage) -> tuple[list[str], Storage]:
    """The files at `location`, and what makes the one client that reads them all."""
    if location.startswith("gs://"):
        if storage is None:
            raise ConfigError(
                f"{location}: expected a folder on this machine, came a bucket nothing here can read"
            )
        client = storage()
        found = _objects(location, client)
        storage = lambda: client  # noqa: E731
    else:
        found = _files(location)
    if not found:
        raise ConfigError(f"{location}: expected at least one KPI table's file (*.yaml), came none")
    return found, storage


def _files(location: str) -> list[str]:
    folder = Path(location)
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise ConfigError(f"{location}: expected a folder, came {error.strerror or error}") from error
    return [str(folder / name) for name in names if _is_table(name)]


def _objects(location: str, client: "Client") -> list[str]:
    from shared.gcp.object_store import ObjectStore  # noqa: PLC0415 - a folder on disk needs no Cloud Storage

    bucket, _, prefix = location.removeprefix("gs://").partition("/")
    if not bucket:
        raise ConfigError(f"{location}: expected gs://bucket/prefix, came no bucket")
    folder = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
    store = ObjectStore(client, bucket)
    return [store.where(name) for name in store.names(folder) if _is_table(name.removeprefix(folder))]


def _is_table(name: str) -> bool:
    """Whether a file of this name is meant as a table's: not a folder's, not an editor's own."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".") and "/" not in name


def find_table(name: str, location: str, storage: Storage) -> KpiTable:
    """The configuration of the table `name`: in one file at `location`, or among the files of a folder.

    Raises ConfigError where it is not there, or is wrong; StorageUnavailable.
    """
    if location.endswith(SUFFIXES):
        found = read_table(location, storage)
        if found.table != name and location != name:  # a file that was broken goes by its place
            raise ConfigError(f"{location}: expected the table {name}, came {found.table}")
        return found
    tables, broken = read_tables(location, storage)
    match = next((table for table in tables if table.table == name), None)
    if match is None:
        also = "".join(f"\n{error}" for error in broken.values())
        raise ConfigError(f"{location}: expected a file that watches {name}, came none{also}")
    return match
