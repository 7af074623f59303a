# In earnest. Takedowns reach the platform as far as environments/prod.moderation.yaml says.
project     = "sekisho-prod" # put your own here
environment = "prod"
labels      = { cost_centre = "sekisho" }

takedowns    = "platform"
platform_url = "https://platform.example.com/api" # put your own here
alerts       = "slack"

# Those of infra/kpi_tables/ besides Sekisho's own; they must exist. Tables of your own go into a folder of their own:
# kpi_tables = "environments/prod.kpi_tables"
watched_datasets = ["ads", "costs", "marketing", "recsys"]

# One instance that is always up: the platform waits for the webhook's answer.
sizes = {
  receive_new_post = { min_instances = 1 }
}

alert_emails  = ["sekisho-operators@example.com"] # put your own here
uptime_check  = true
silence_hours = 6
