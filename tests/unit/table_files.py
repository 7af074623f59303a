"""Files of KPI tables: lines that are right with what they mean, and wrong ones with what is told of them."""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from shared.kpi.tables import Direction

RIGHT: list[tuple[str, str, Any]] = [
    ("date: day", "date_column", "day"),
    ("date: 日付", "date_column", "日付"),
    ("segments: [mall, gender, device]", "segments", ("mall", "gender", "device")),
    ("segments: [mall]", "segments", ("mall",)),
    ("key: [day, item_id]", "key", ("day", "item_id")),
    ('arrives_by: "09:30"', "arrives_by", time(9, 30)),
    ("arrives_by: 09:30", "arrives_by", time(9, 30)),
    ("arrives_by: 9:30", "arrives_by", time(9, 30)),
    ("arrives_by: 00:00", "arrives_by", time(0)),
    ("arrives_by: 23:59", "arrives_by", time(23, 59)),
    ("arrives_after_days: 0", "arrives_after_days", 0),
    ("arrives_after_days: 7", "arrives_after_days", 7),
    ("time_zone: America/Los_Angeles", "time_zone", ZoneInfo("America/Los_Angeles")),
    ("time_zone: UTC", "time_zone", ZoneInfo("UTC")),
    ("direction: both", "direction", Direction.BOTH),
    ("direction: up", "direction", Direction.UP),
    ("direction: down", "direction", Direction.DOWN),
    ("direction: {cost: up}", "directions", {"cost": Direction.UP}),
    ("dashboard: https://example.com/a?b=c#d", "dashboard", "https://example.com/a?b=c#d"),
    ("dashboard: http://localhost:8080/a", "dashboard", "http://localhost:8080/a"),
    ("dashboard: http://127.0.0.1/a", "dashboard", "http://127.0.0.1/a"),
    ('dashboard: "http://[::1]:80/a"', "dashboard", "http://[::1]:80/a"),
    ('channel: "#kpi-alerts"', "channel", "#kpi-alerts"),
    ('channel: "#推薦"', "channel", "#推薦"),
    ("channel: C0123456789", "channel", "C0123456789"),
    ('owner: "@recsys-duty"', "owner", "@recsys-duty"),
    ("owner: U0123456789", "owner", "U0123456789"),
    ("owner: S0123456789", "owner", "S0123456789"),
    ("owner: W0123456789", "owner", "W0123456789"),
    ("events: none", "events", ()),
    ("events: [winter sale, 初売り]", "events", ("winter sale", "初売り")),
    ("sensitivity: 0.1", "sensitivity", 0.1),
    ("sensitivity: 52", "sensitivity", 52.0),
    ("history_days: 56", "history_days", 56),
    ("history_days: 3660", "history_days", 3660),
]
"""A line, the field of KpiTable it fills, and its value."""

COLUMN = "expected a column's name such as clicks, came"
BACKTICK = "expected a column's name without backticks, which only formulas need, came"
BACKTICKS = "expected backticks around names with more than letters, digits and _:"
COLUMNS = "expected a list of columns such as [clicks, orders], came"
FORMULA = "expected clicks / impressions, mean(clicks) or mean(clicks, weight)"
NAME = "expected dataset.table or project.dataset.table, came"
ONE = "expected one table, without wildcards (*) or decorators ($, @), came"
CLOCK = "expected a time of day from 00:00 to 23:59, came"
DAYS = "expected a whole number of days from 0 to 7, came"
HISTORY = "expected a whole number of days from 56 to 3660, came"
OFTEN = "expected a number from 0.1 to 52, came"
ZONE = "expected a time zone such as Asia/Tokyo, came"
LINK = "expected a link that starts with https:// (or http://localhost), came"
CHANNEL = 'expected a channel as "#kpi" in quotes (what follows a bare # is a comment), or its id, came'
OWNER = 'expected an owner as "@name" in quotes, or a Slack id (U…, W…, S…), came'
WAY = "expected both, up or down, came"
EVENT = "expected an event's name as infra/calendar.yaml has it, came"
KPIS = (
    "expected a list of columns, or a mapping of include, exclude and formu"
    "las such as ctr: clicks / impressions, came"
)
SEGMENTS = "expected a list of 1 to 3 columns such as [mall, gender], came"
KEY = "expected a list of columns such as [day, item_id], came"
WAYS = "expected both, up or down, or a mapping such as cost: up, came"
EVENTS = "expected none, or a list of events such as [winter sale], came"
EITHER = "expected a KPI either watched or excluded, came"
ONCE = "expected each name once, came"
NO_KPI = "expected a segment that is no KPI, came"
WATCHED = "expected the direction of a KPI that is watched, came"
DIFFERENT = "expected two different columns, came"
A_NAME = "expected a KPI's name such as ctr, came"

WRONG_TABLES = [
    ("table:", f"{NAME} nothing"),
    ("table: slot", f"{NAME} 'slot'"),
    ("table: 2024", f"{NAME} 2024"),
    ("table: [a.b]", f"{NAME} list"),
    ("table: a.b.c.d", f"{NAME} 'a.b.c.d'"),
    ("table: my_project.a.b", f"{NAME} 'my_project.a.b'"),
    ("table: my-project:a.b", f"{NAME} 'my-project:a.b'"),
    ("table: a.b c", f"{NAME} 'a.b c'"),
    ('table: "a.b\\n"', f"{NAME} 'a.b\\n'"),
    ('table: "a.b`; DROP TABLE x"', f"{NAME} 'a.b`; DROP TABLE x'"),
    ("table: a.b_*", f"{ONE} 'a.b_*'"),
    ("table: a.b$20260101", f"{ONE} 'a.b$20260101'"),
    ("table: a.b@-3600", f"{ONE} 'a.b@-3600'"),
]
"""The line of the table, and what is told."""

WRONG = [
    ("segmnets: [mall]", 2, "segmnets", "expected a known field, came 'segmnets'; did you mean `segments`?"),
    ("Table: a.b", 2, "Table", "expected a known field, came 'Table'; did you mean `table`?"),
    ("date:", 2, "date", "expected a column's name such as clicks, came nothing"),
    ("date: 5", 2, "date", f"{COLUMN} 5"),
    ("date: a.b", 2, "date", f"{COLUMN} 'a.b'"),
    ("date: ' day'", 2, "date", f"{COLUMN} ' day'"),
    ('date: "`day`"', 2, "date", f"{BACKTICK} '`day`'"),
    ('date: "day\\t"', 2, "date", f"{COLUMN} 'day\\t'"),
    ("kpis: clicks", 2, "kpis", f"{KPIS} 'clicks'"),
    ("kpis:", 2, "kpis", f"{KPIS} nothing"),
    ("kpis: []", 2, "kpis", f"{KPIS} an empty list"),
    ("kpis: {}", 2, "kpis", f"{KPIS} an empty mapping"),
    ("kpis:\n  - clicks\n  - 6", 4, "kpis #2", f"{COLUMN} 6"),
    ("kpis:\n  - clicks\n  - ctr: clicks / views", 4, "kpis #2",
     "expected a column's name such as clicks (a formula is a line of kpis itself, as include is), "
     "came mapping"),
    ("kpis:\n  - clicks\n  - clicks", 4, "kpis #2", f"{ONCE} 'clicks' again"),
    ("kpis:\n  - clicks\n  - Clicks", 4, "kpis #2", f"{ONCE} 'Clicks' besides 'clicks'"),
    ("kpis:\n  include: []", 3, "kpis.include",
     "expected at least one column where nothing is made of columns, came none"),
    ("kpis:\n  include: clicks", 3, "kpis.include", f"{COLUMNS} 'clicks'"),
    ("kpis:\n  include:\n  exclude: [a]", 3, "kpis.include", f"{COLUMNS} nothing"),
    ("kpis:\n  exclude: []", 3, "kpis.exclude", f"{COLUMNS} an empty list"),
    ("kpis:\n  include: [a]\n  exclude: [b, A]", 4, "kpis.exclude #2", f"{EITHER} 'A'"),
    ("kpis:\n  ctr: a / b\n  exclude: [ctr]", 4, "kpis.exclude #1", f"{EITHER} 'ctr'"),
    ("kpis:\n  inlcude: [a]", 3, "kpis.inlcude",
     f"{FORMULA} (a list belongs under include or exclude), came list; did you mean `include`?"),
    ("kpis:\n  ctr: clicks", 3, "kpis.ctr", f"{FORMULA}, came 'clicks'"),
    ("kpis:\n  ctr: a / b * 100", 3, "kpis.ctr", f"{FORMULA}, came 'a / b * 100'"),
    ("kpis:\n  ctr: clicks ／ views", 3, "kpis.ctr",
     f"{FORMULA}, came 'clicks ／ views'; did you mean `clicks / views`?"),
    ("kpis:\n  ctr: clicks ÷ views", 3, "kpis.ctr",
     f"{FORMULA}, came 'clicks ÷ views'; did you mean `clicks / views`?"),
    ("kpis:\n  ctr: SUM(clicks)/SUM(views)", 3, "kpis.ctr",
     f"{FORMULA}, came 'SUM(clicks)/SUM(views)'; did you mean `clicks/views`?"),
    ("kpis:\n  ctr: a / 100", 3, "kpis.ctr", f"{FORMULA}, came 'a / 100'"),
    ("kpis:\n  ctr: MEAN(a)", 3, "kpis.ctr", f"{FORMULA}, came 'MEAN(a)'"),
    ("kpis:\n  ctr: mean(a, b, c)", 3, "kpis.ctr", f"{FORMULA}, came 'mean(a, b, c)'"),
    ("kpis:\n  ctr:", 3, "kpis.ctr", f"{FORMULA}, came nothing"),
    ("kpis:\n  ctr: 0.5", 3, "kpis.ctr", f"{FORMULA}, came 0.5"),
    ("kpis:\n  ctr: clicks / Clicks", 3, "kpis.ctr", f"{DIFFERENT} 'clicks / Clicks'"),
    ("kpis:\n  ctr: mean(a, a)", 3, "kpis.ctr", f"{DIFFERENT} 'mean(a, a)'"),
    ("kpis:\n  click/rate: a / b", 3, "kpis.click/rate", f"{A_NAME} 'click/rate'"),
    ("kpis:\n  ctr: cart adds / views", 3, "kpis.ctr",
     f"{BACKTICKS} `cart adds` / views, came 'cart adds / views'"),
    ("kpis:\n  ctr: mean(a b, c-d)", 3, "kpis.ctr",
     f"{BACKTICKS} mean(`a b`, `c-d`), came 'mean(a b, c-d)'"),
    ("kpis:\n  ctr: '`cart adds / views'", 3, "kpis.ctr", f"{FORMULA}, came '`cart adds / views'"),
    ("kpis:\n  ctr: '`a;b` / views'", 3, "kpis.ctr", f"{COLUMN} 'a;b'"),
    ("kpis:\n  ctr: '`` / views'", 3, "kpis.ctr", f"{COLUMN} ''"),
    ("kpis:\n  ctr: '`a b` / `A B`'", 3, "kpis.ctr", f"{DIFFERENT} '`a b` / `A B`'"),
    ("kpis:\n  include: ['x` FROM t; --']", 3, "kpis.include #1", f"{BACKTICK} 'x` FROM t; --'"),
    ("kpis:\n  ctr: a / b\n  CTR: a / c", 4, "kpis.CTR", f"{ONCE} 'CTR' besides 'ctr'"),
    ("kpis:\n  include: [ctr]\n  ctr: a / b", 4, "kpis.ctr", f"{ONCE} 'ctr' again"),
    ("date: day\nkpis: [clicks, DAY]", 3, "kpis #2", "expected a KPI that is not the day, came 'DAY'"),
    ("date: day\nkpis:\n  x: day / b", 4, "kpis.x", "expected a KPI that is not the day, came 'day'"),
    ("segments: mall", 2, "segments", f"{SEGMENTS} 'mall'"),
    ("segments: []", 2, "segments", f"{SEGMENTS} an empty list"),
    ("segments: [a, b, c, d]", 2, "segments", f"{SEGMENTS} 4 entries"),
    ("segments:\n  - mall\n  - mall", 4, "segments #2", f"{ONCE} 'mall' again"),
    ("segments: [a.b]", 2, "segments #1", f"{COLUMN} 'a.b'"),
    ("segments: ['`a b`']", 2, "segments #1", f"{BACKTICK} '`a b`'"),
    ("kpis: [mall]\nsegments: [Mall]", 3, "segments #1", f"{NO_KPI} 'Mall'"),
    ("kpis: {x: a / mall}\nsegments: [mall]", 3, "segments #1", f"{NO_KPI} 'mall'"),
    ("date: day\nsegments: [day]", 3, "segments #1", "expected a segment that is not the day, came 'day'"),
    ("key: item_id", 2, "key", f"{KEY} 'item_id'"),
    ("key: []", 2, "key", f"{KEY} an empty list"),
    ("key: [a, A]", 2, "key #2", f"{ONCE} 'A' besides 'a'"),
    ("kpis: [a]\nkey: [a]", 3, "key #1", "expected a column of the key that is no KPI, came 'a'"),
    ("arrives_by: 540", 2, "arrives_by", f"{CLOCK} 540"),
    ("arrives_by: 24:00", 2, "arrives_by", f"{CLOCK} '24:00'"),
    ("arrives_by: 09:60", 2, "arrives_by", f"{CLOCK} '09:60'"),
    ("arrives_by: 9am", 2, "arrives_by", f"{CLOCK} '9am'"),
    ("arrives_by: 09:00:00", 2, "arrives_by", f"{CLOCK} '09:00:00'"),
    ("arrives_by: ０９:００", 2, "arrives_by", f"{CLOCK} '０９:００'"),
    ("arrives_by:", 2, "arrives_by", f"{CLOCK} nothing"),
    ("arrives_after_days: -1", 2, "arrives_after_days", f"{DAYS} -1"),
    ("arrives_after_days: 8", 2, "arrives_after_days", f"{DAYS} 8"),
    ("arrives_after_days: 1.0", 2, "arrives_after_days", f"{DAYS} 1.0"),
    ("arrives_after_days: '1'", 2, "arrives_after_days", f"{DAYS} '1'"),
    ("arrives_after_days: true", 2, "arrives_after_days", f"{DAYS} true"),
    ("time_zone: JST", 2, "time_zone", f"{ZONE} 'JST'"),
    ("time_zone: Tokyo", 2, "time_zone", f"{ZONE} 'Tokyo'; did you mean `Asia/Tokyo`?"),
    ("time_zone: new york", 2, "time_zone", f"{ZONE} 'new york'; did you mean `America/New_York`?"),
    ("time_zone: Asia", 2, "time_zone", f"{ZONE} 'Asia'"),  # a folder of zones
    ("time_zone: Asia/Tokio", 2, "time_zone", f"{ZONE} 'Asia/Tokio'; did you mean `Asia/Tokyo`?"),
    ("time_zone: ../etc/passwd", 2, "time_zone", f"{ZONE} '../etc/passwd'"),
    ("time_zone: /etc/localtime", 2, "time_zone", f"{ZONE} '/etc/localtime'"),
    ("time_zone: +09:00", 2, "time_zone", f"{ZONE} '+09:00'"),
    ("time_zone: 9", 2, "time_zone", f"{ZONE} 9"),
    ("direction: sideways", 2, "direction", f"{WAY} 'sideways'"),
    ("direction: Up", 2, "direction", f"{WAY} 'Up'"),
    ("direction: [up]", 2, "direction", f"{WAYS} list"),
    ("direction: {}", 2, "direction", f"{WAYS} an empty mapping"),
    ("direction:\n  cost: upp", 3, "direction.cost", f"{WAY} 'upp'"),
    ("direction:\n  cost: up\n  Cost: down", 4, "direction.Cost", f"{ONCE} 'Cost' besides 'cost'"),
    ("kpis:\n  include: [a]\n  ctr: a / b\ndirection:\n  cttr: up", 6, "direction.cttr",
     f"{WATCHED} 'cttr'; did you mean `ctr`?"),
    ("kpis:\n  exclude: [cost]\ndirection:\n  cost: up", 5, "direction.cost", f"{WATCHED} 'cost'"),
    ("dashboard: example.com/a", 2, "dashboard", f"{LINK} 'example.com/a'"),
    ("dashboard: http://example.com/a", 2, "dashboard", f"{LINK} 'http://example.com/a'"),
    ("dashboard: http://localhost.example.com/a", 2, "dashboard", f"{LINK} 'http://localhost.example.com/a'"),
    ("dashboard: javascript:alert(1)", 2, "dashboard", f"{LINK} 'javascript:alert(1)'"),
    ("dashboard: https://user:secret@example.com", 2, "dashboard",
     f"{LINK} 'https://user:secret@example.com'"),
    ("dashboard: https://", 2, "dashboard", f"{LINK} 'https://'"),
    ("dashboard: 'https://[::1'", 2, "dashboard", f"{LINK} 'https://[::1'"),
    ("dashboard: https://example.com:99999/", 2, "dashboard", f"{LINK} 'https://example.com:99999/'"),
    ('dashboard: "https://example.com/\\n"', 2, "dashboard", f"{LINK} 'https://example.com/\\n'"),
    ("dashboard: 5", 2, "dashboard", f"{LINK} 5"),
    (f"dashboard: https://a.b/{'x' * 3000}", 2, "dashboard",
     "expected a link of at most 3000 characters, came 'https://a.b/xxxxxxxx… of 3012'"),
    ("channel: #kpi", 2, "channel", f"{CHANNEL} nothing"),
    ("channel: kpi", 2, "channel", f"{CHANNEL} 'kpi'"),
    ('channel: "# kpi"', 2, "channel", f"{CHANNEL} '# kpi'"),
    ('channel: "#KPI"', 2, "channel", "expected a channel's name in small letters, came '#KPI'"),
    ("owner: taro", 2, "owner", f"{OWNER} 'taro'"),
    ("owner: C0123456789", 2, "owner", f"{OWNER} 'C0123456789'"),
    ('owner: "@a b"', 2, "owner", f"{OWNER} '@a b'"),
    ('owner: "<!channel>"', 2, "owner", f"{OWNER} '<!channel>'"),
    ("events: winter sale", 2, "events", f"{EVENTS} 'winter sale'"),
    ("events: []", 2, "events", f"{EVENTS} an empty list"),
    ("events: no", 2, "events", f"{EVENTS} 'no'; did you mean `none`?"),
    ("events: false", 2, "events", f"{EVENTS} false"),
    ("events:\n  - winter sale\n  - ' '", 4, "events #2", f"{EVENT} ' '"),
    ('events: ["winter\\nsale"]', 2, "events #1", f"{EVENT} 'winter\\nsale'"),
    ('events: ["\\ud800"]', 2, "events #1", f"{EVENT} '\\ud800'"),
    ("events: [a, A]", 2, "events #2", f"{ONCE} 'A' besides 'a'"),
    ("sensitivity: 0", 2, "sensitivity", f"{OFTEN} 0"),
    ("sensitivity: 53", 2, "sensitivity", f"{OFTEN} 53"),
    ("sensitivity: .nan", 2, "sensitivity", f"{OFTEN} nan"),
    ("sensitivity: .inf", 2, "sensitivity", f"{OFTEN} inf"),
    ("sensitivity: high", 2, "sensitivity", f"{OFTEN} 'high'"),
    ("sensitivity: true", 2, "sensitivity", f"{OFTEN} true"),
    ("history_days: 55", 2, "history_days", f"{HISTORY} 55"),
    ("history_days: 3661", 2, "history_days", f"{HISTORY} 3661"),
    ("history_days: 3 years", 2, "history_days", f"{HISTORY} '3 years'"),
]  # fmt: skip
"""Lines from line 2 on, the line that is named, the field that is named, and what is told."""
