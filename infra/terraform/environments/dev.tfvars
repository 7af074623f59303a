# For trying things: takedowns are only logged, alerts go to the log, everything can be thrown away.
project     = "sekisho-dev" # put your own here
environment = "dev"
labels      = { cost_centre = "sekisho" }

takedowns        = "dry_run"
alerts           = "console"
schedules_paused = false

# Those of infra/kpi_tables/ besides Sekisho's own; they must exist. Tables of your own go into a folder of their own:
# kpi_tables = "environments/dev.kpi_tables"
watched_datasets = ["ads", "costs", "marketing", "recsys"]
