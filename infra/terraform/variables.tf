# Where

variable "project" {
  description = "The project everything is made in. One project per environment: names in it carry no environment."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project: expected a project id such as sekisho-prod."
  }
}

variable "environment" {
  description = "dev or prod. Decides which moderation file is deployed and whether data is protected from deletion."
  type        = string
  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "environment: expected dev or prod."
  }
}

variable "location" {
  description = "The region of functions, buckets, dataset, topics, secrets and jobs: nothing is kept elsewhere."
  type        = string
  default     = "asia-northeast1"
  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.location))
    error_message = "location: expected a region such as asia-northeast1; Cloud Functions know no multi-regions."
  }
}

variable "labels" {
  description = "Labels besides service, environment and managed_by, such as a cost centre."
  type        = map(string)
  default     = {}
}

variable "packages" {
  description = "The folder with one zip per function, NAME-HASH.zip, as `make package` leaves it; relative to this one."
  type        = string
  default     = "../../dist"
}

variable "code_revision" {
  description = "The commit that is deployed; models name it. Empty: Cloud Run's own revision stands in for it."
  type        = string
  default     = ""
}

# What it does

variable "takedowns" {
  description = "platform: the platform is asked to take posts down, within the mode. dry_run: that is only logged."
  type        = string
  default     = "dry_run"
  validation {
    condition     = contains(["platform", "dry_run"], var.takedowns)
    error_message = "takedowns: expected platform or dry_run."
  }
}

variable "platform_url" {
  description = "The base URL of the platform's API. Needed with takedowns = \"platform\"."
  type        = string
  default     = ""
  validation {
    condition     = var.platform_url == "" || can(regex("^https://[^/\\s]", var.platform_url))
    error_message = "platform_url: expected https://; a bearer token is sent there."
  }
  validation {
    condition     = var.platform_url != "" || var.takedowns == "dry_run"
    error_message = "platform_url: expected the platform's URL with takedowns = \"platform\", came nothing."
  }
}

variable "moderation_file" {
  description = "The moderation file to deploy, relative to this folder. Null: environments/ENVIRONMENT.moderation.yaml."
  type        = string
  default     = null
}

variable "alerts" {
  description = "Where KPI alerts and summaries go: slack, or console (the function's log) until there is a token."
  type        = string
  default     = "console"
  validation {
    condition     = contains(["slack", "console"], var.alerts)
    error_message = "alerts: expected slack or console."
  }
}

variable "alert_channel" {
  description = "The Slack channel of alerts whose table names none."
  type        = string
  default     = "#kpi-alerts"
}

variable "language" {
  description = "The language of alerts and summaries: en or ja."
  type        = string
  default     = "en"
  validation {
    condition     = contains(["en", "ja"], var.language)
    error_message = "language: expected en or ja."
  }
}

variable "collector_url" {
  description = "Base URL of an OpenTelemetry collector that takes OTLP over HTTP; empty: no spans are sent."
  type        = string
  default     = ""
  validation {
    condition     = var.collector_url == "" || can(regex("^https?://", var.collector_url))
    error_message = "collector_url: expected http://… or https://…, or nothing."
  }
}

variable "time_zone" {
  description = "The zone of schedules, and whose midnight ends a day of moderation."
  type        = string
  default     = "Asia/Tokyo"
  validation {
    condition     = can(regex("^([A-Z][A-Za-z_]+(/[A-Z][A-Za-z_+-]+)+|UTC)$", var.time_zone))
    error_message = "time_zone: expected an IANA name such as Asia/Tokyo."
  }
}

variable "tuning" {
  description = "Numbers the functions go by; shared/settings.py says what each means, and refuses what is out of its range."
  type = object({
    judging_days                = optional(number, 3)
    run_seconds                 = optional(number, 480)
    training_lag_days           = optional(number, 5)
    training_window_days        = optional(number, 60)
    take_down_precision         = optional(number) # 0.9 where neither this nor the next is said
    max_wrong_takedowns_per_day = optional(number)
    training_margin             = optional(number, 0.05)
    largest_query_gb            = optional(number, 100)
  })
  default  = {}
  nullable = false
  validation {
    condition     = var.tuning.training_lag_days >= 3 && var.tuning.training_lag_days <= 7
    error_message = "tuning.training_lag_days: expected 3 to 7."
  }
  validation {
    condition     = var.tuning.training_window_days >= 7 && var.tuning.training_window_days <= 365
    error_message = "tuning.training_window_days: expected 7 to 365."
  }
  validation {
    condition     = var.tuning.judging_days >= 1 && var.tuning.judging_days <= 30
    error_message = "tuning.judging_days: expected 1 to 30."
  }
  validation {
    condition     = try(var.tuning.take_down_precision >= 0.5 && var.tuning.take_down_precision <= 0.9999, var.tuning.take_down_precision == null)
    error_message = "tuning.take_down_precision: expected 0.5 to 0.9999."
  }
  validation {
    condition     = try(var.tuning.max_wrong_takedowns_per_day >= 0.001 && var.tuning.max_wrong_takedowns_per_day <= 1000000, var.tuning.max_wrong_takedowns_per_day == null)
    error_message = "tuning.max_wrong_takedowns_per_day: expected 0.001 to 1,000,000."
  }
  validation {
    condition     = var.tuning.training_margin >= 0 && var.tuning.training_margin <= 1
    error_message = "tuning.training_margin: expected 0 to 1."
  }
  validation {
    condition     = var.tuning.largest_query_gb >= 1 && var.tuning.largest_query_gb <= 100000
    error_message = "tuning.largest_query_gb: expected 1 to 100,000."
  }
}

variable "features" {
  description = "What the filter counts of posts, names of shared/spam/features.py; none named: all of them. On a change the window is counted anew (docs/training.md)."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = length(setsubtract(var.features, local.known_features)) == 0 && length(distinct(var.features)) == length(var.features)
    error_message = "features: expected some of ${join(", ", local.known_features)}, each once."
  }
}

variable "optimiser" {
  description = "What fits Prophet: exact, in the function itself, or cmdstan, Prophet's own: some hundred times as slow, for tables of up to 20 KPIs and segments."
  type        = string
  default     = "exact"
  nullable    = false
  validation {
    condition     = contains(["exact", "cmdstan"], var.optimiser)
    error_message = "optimiser: expected exact or cmdstan."
  }
}

variable "tokens_in_bigquery" {
  description = "Tokenise answered posts in BigQuery, for training past one machine (docs/training.md): when, in UTC, in the data transfer service's words. Null: not at all, and nothing of it is deployed."
  type = object({
    schedule = optional(string, "every day 17:00") # 02:00 in Japan
  })
  default = null
  validation {
    condition     = can(regex("^every (day ([01][0-9]|2[0-3]):[0-5][0-9]|([6-9]|1[0-9]|2[0-4]) hours)$", try(var.tokens_in_bigquery.schedule, "every day 17:00")))
    error_message = "tokens_in_bigquery.schedule: expected such as \"every day 17:00\" (UTC) or \"every 6 hours\", not more often."
  }
}

variable "sizes" {
  description = "What an environment changes of a function's size in functions.tf: function name to memory, cpu, instances."
  type = map(object({
    memory        = optional(string)
    cpu           = optional(number)
    concurrency   = optional(number)
    min_instances = optional(number)
    max_instances = optional(number)
  }))
  default  = {}
  nullable = false
}

variable "schedules_paused" {
  description = "Whether Scheduler's jobs rest: a dev environment nobody looks at costs nothing then."
  type        = bool
  default     = false
}

# Data

variable "dataset" {
  description = "The BigQuery dataset. infra/kpi_tables/moderation.yaml names it too."
  type        = string
  default     = "sekisho"
  validation {
    condition     = can(regex("^[A-Za-z0-9_]+$", var.dataset))
    error_message = "dataset: expected letters, digits and underscores."
  }
}

variable "watched_datasets" {
  description = "Datasets besides Sekisho's own that KPI tables are in, dataset or project.dataset: check_kpi_table may read them."
  type        = set(string)
  default     = []
  validation {
    condition     = alltrue([for name in var.watched_datasets : can(regex("^([a-z][a-z0-9-]+\\.)?[A-Za-z0-9_]+$", name))])
    error_message = "watched_datasets: expected dataset or project.dataset."
  }
  validation {
    condition     = !contains(var.watched_datasets, var.dataset)
    error_message = "watched_datasets: expected other datasets than Sekisho's own, which is read anyway."
  }
}

variable "kpi_tables" {
  description = "The folder with a file per watched KPI table, relative to this one."
  type        = string
  default     = "../kpi_tables"
}

variable "partition_expiry_days" {
  description = "Table to the days after which its partitions are deleted. Tables not named keep everything."
  type        = map(number)
  default     = {}
  validation {
    condition = length(setintersection(keys(var.partition_expiry_days), [
      "takedowns", "review_labels", "alert_responses"
    ])) == 0
    error_message = "partition_expiry_days: takedowns, review_labels and alert_responses are kept for ever: a person's answer counts whenever it was given, and a takedown is made once."
  }
  validation {
    condition     = alltrue([for days in values(var.partition_expiry_days) : days >= 450])
    error_message = "partition_expiry_days: expected 450 at least: views look 430 days back."
  }
}

variable "deletion_protection" {
  description = "Whether tables, secrets, buckets and dataset survive a `terraform destroy`. Null: in prod."
  type        = bool
  default     = null
}

variable "analyst_groups" {
  description = "Google groups, as email addresses, that may read the dataset, such as the dashboards' readers."
  type        = set(string)
  default     = []
}

# Who may call, and from where

variable "operators" {
  description = "Members (group:…, user:…) who may call scheduled functions by hand, publish requests for checks, read the dataset and answer alerts (`sekisho respond`). With any, those functions answer outside the project's network too, to these members only."
  type        = set(string)
  default     = []
  validation {
    condition     = alltrue([for member in var.operators : can(regex("^(group|user|serviceAccount):[^@\\s]+@[^@\\s]+$", member))])
    error_message = "operators: expected group:, user: or serviceAccount: and an email address; allUsers never."
  }
}

variable "deployer" {
  description = "Who applies this, where that is no owner of the project (serviceAccount:sekisho-apply@…): may act as every account a function, a build or a job runs as. Null: an owner."
  type        = string
  default     = null
  validation {
    condition     = var.deployer == null || can(regex("^serviceAccount:[^@\\s]+@[^@\\s]+$", var.deployer))
    error_message = "deployer: expected serviceAccount: and an email address, or null."
  }
}

variable "webhook_callers" {
  description = "Who may reach the webhooks: allUsers, since a platform outside Google Cloud has no Google identity (the function checks each signature), or the platform's own service accounts."
  type        = set(string)
  default     = ["allUsers"]
  validation {
    condition     = length(var.webhook_callers) > 0
    error_message = "webhook_callers: expected allUsers or serviceAccount:…, came nobody."
  }
}

variable "load_balancer" {
  description = "An external HTTPS load balancer with Cloud Armor before the webhooks, which are then reachable through it only. `sources`: the platform's address ranges, empty for any."
  type = object({
    domain              = string
    requests_per_minute = optional(number, 1200)
    sources             = optional(list(string), [])
  })
  default = null
  validation {
    condition     = try(length(var.load_balancer.sources), 0) <= 10
    error_message = "load_balancer.sources: expected at most 10 ranges, as many as one Cloud Armor rule takes."
  }
}

variable "vpc_connector" {
  description = "The id of a Serverless VPC Access connector all functions go out through, so that the platform sees a fixed address. Null: none."
  type        = string
  default     = null
}

variable "vpc_egress" {
  description = "With vpc_connector, what goes through it: ALL_TRAFFIC or PRIVATE_RANGES_ONLY."
  type        = string
  default     = "ALL_TRAFFIC"
  validation {
    condition     = contains(["ALL_TRAFFIC", "PRIVATE_RANGES_ONLY"], var.vpc_egress)
    error_message = "vpc_egress: expected ALL_TRAFFIC or PRIVATE_RANGES_ONLY."
  }
}

variable "kms_key" {
  description = "The id of a Cloud KMS key in `location` that everything at rest is encrypted with. Null: Google's own keys."
  type        = string
  default     = null
  validation {
    condition     = var.kms_key == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key))
    error_message = "kms_key: expected projects/…/locations/…/keyRings/…/cryptoKeys/…."
  }
  validation {
    condition     = var.kms_key == null || try(split("/", var.kms_key)[3], "") == var.location
    error_message = "kms_key: expected a key in the functions' own location."
  }
}

variable "secret_versions" {
  description = "Secret (SEKISHO_MODEL_KEY, …) to the version that is mounted. Named here, a new version is taken up by all instances at once, by an apply; those not named take the latest as each instance starts."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for name, version in var.secret_versions : can(regex("^SEKISHO_[A-Z_]+$", name)) && can(regex("^[1-9][0-9]*$", version))])
    error_message = "secret_versions: expected SEKISHO_… to a version's number."
  }
}

# Who is told

variable "alert_emails" {
  description = "Addresses operators are told at when Sekisho itself is unwell."
  type        = set(string)
  default     = []
}

variable "notification_channels" {
  description = "Ids of notification channels made elsewhere (Slack's is made in the console: it needs a person's consent), projects/…/notificationChannels/…."
  type        = list(string)
  default     = []
}

variable "uptime_check" {
  description = "Whether the webhook is called from outside every 5 minutes: it must refuse what is not signed."
  type        = bool
  default     = false
  validation {
    condition     = !var.uptime_check || contains(var.webhook_callers, "allUsers")
    error_message = "uptime_check: expected webhook_callers with allUsers; Cloud Run would answer 403 before the function can answer 401."
  }
}

variable "silence_hours" {
  description = "Operators are told when no new post came for so many hours. Null: never, for platforms that are quiet at times."
  type        = number
  default     = null
}

variable "budget" {
  description = "A monthly budget of the project in the billing account's own currency; operators are told at 50, 90 and 100 %. Null: none."
  type = object({
    billing_account = string
    amount          = number
  })
  default = null
}
