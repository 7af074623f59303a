# The registry. A function is one entry here, one folder in functions/ and one dependency group in pyproject.toml.
#
#   started by   schedules (cron in var.time_zone, body, and after how many hours without a run operators are told;
#                `heartbeat` is what a run logs at its end), topic (its messages are pushed), webhook (a path the
#                platform calls; signatures are checked inside), or none of them with internal = true
#   settings     the readers of shared/settings.py it calls: they decide its environment (settings.tf)
#   secrets      what is mounted from Secret Manager, readable by this function only as far as it is named here
#   deployed     false: only where a variable asks for it
#   roles        what it may do with data: read the dataset, append to tables, read buckets, write objects below
#                prefixes, publish to topics
locals {
  registry = {
    train_spam_model = {
      description    = "Daily: labelled posts of the window become a model, promoted only if good enough."
      memory         = "4Gi" # all labelled posts of 60 days as token sets
      cpu            = 2
      timeout        = 1740 # below Scheduler's longest attempt, half an hour
      heartbeat      = "training ended"
      schedules      = { daily = { cron = "30 3 * * *", overdue_hours = 26 } }
      settings       = ["cloud", "code_revision", "counts_source", "features", "max_wrong_takedowns_per_day", "models", "take_down_precision", "time_zone", "training_lag_days", "training_margin", "training_window_days", "words"]
      secrets        = ["SEKISHO_MODEL_KEY"]
      reads_dataset  = true
      appends_to     = ["model_reports"]
      reads_buckets  = ["models"]
      writes_objects = { models = ["models/"] }
    }
    judge_new_posts = {
      description    = "Every half hour: what has no verdict yet is judged; takedowns and restores that are due are made."
      memory         = "1Gi"
      timeout        = 540 # SEKISHO_RUN_SECONDS ends a sweep a minute before
      heartbeat      = "sweep ended"
      schedules      = { half_hourly = { cron = "*/30 * * * *", overdue_hours = 2 } }
      settings       = ["banned_words", "cloud", "judging_days", "models", "moderation", "platform", "run_seconds", "time_zone", "words"]
      secrets        = ["SEKISHO_MODEL_KEY", "SEKISHO_PLATFORM_TOKEN"]
      reads_dataset  = true
      appends_to     = ["takedowns", "verdicts"]
      reads_buckets  = ["configuration", "models"]
      writes_objects = { models = ["takedown_slots/"] }
    }
    receive_new_post = {
      description   = "The platform's webhook: one signed event about a post is checked and published."
      memory        = "512Mi"
      timeout       = 60
      concurrency   = 16 # it only waits for Pub/Sub
      max_instances = 20
      webhook       = "/new-posts"
      settings      = ["cloud", "intake", "webhook_secret"]
      secrets       = ["SEKISHO_WEBHOOK_SECRET"]
      publishes     = ["new-posts"]
    }
    judge_post = {
      description   = "One message of new-posts: the post is stored, judged and, where the mode says so, taken down."
      memory        = "1Gi"
      timeout       = 300
      concurrency   = 4
      max_instances = 10
      # An outage of BigQuery is outlasted for some 16 hours. That the shortest backoff alone outlasts half an hour
      # matters besides: until then a takedown the platform did not answer is asked for again, and after it the sweep
      # has done so; given up earlier, judged posts would lie among those that can never be.
      topic          = { name = "new-posts", ack_deadline = 300, max_delivery_attempts = 100, shortest_backoff = 30, longest_backoff = 600 }
      settings       = ["banned_words", "cloud", "intake", "models", "moderation", "platform", "time_zone", "words"]
      secrets        = ["SEKISHO_MODEL_KEY", "SEKISHO_PLATFORM_TOKEN"]
      reads_dataset  = true
      appends_to     = ["posts", "takedowns", "verdicts"]
      reads_buckets  = ["configuration", "models"]
      writes_objects = { models = ["takedown_slots/"] }
      publishes      = ["new-posts-dead"] # a message that can never be judged, with the reason
    }
    record_review = {
      description   = "The platform's webhook: a person's answer on a post is kept, and what it overturns is restored."
      memory        = "512Mi"
      timeout       = 120
      concurrency   = 8
      max_instances = 5
      webhook       = "/reviews"
      settings      = ["cloud", "platform", "webhook_secret"]
      secrets       = ["SEKISHO_PLATFORM_TOKEN", "SEKISHO_WEBHOOK_SECRET"]
      reads_dataset = true
      appends_to    = ["review_labels", "takedowns"]
    }
    tokenize_posts = {
      description   = "Remote function of BigQuery: posts become the ids of their tokens, for training past one machine."
      deployed      = var.tokens_in_bigquery != null
      memory        = "512Mi" # 25 of the longest posts take 240 MB
      timeout       = 300
      max_instances = 20   # BigQuery sends as much as is taken, and waits where it is told 429
      internal      = true # who may call is said in tokens.tf
      settings      = ["features", "project_name", "words"]
    }
    check_kpis = {
      description   = "Hourly: one message per KPI table with days that are due and not settled."
      memory        = "512Mi"
      timeout       = 300
      heartbeat     = "checks asked for"
      schedules     = { hourly = { cron = "5 * * * *", overdue_hours = 3 } }
      settings      = ["cloud", "kpis", "time_zone"]
      reads_dataset = true
      reads_buckets = ["configuration"]
      publishes     = ["kpi-tables"]
    }
    check_kpi_table = {
      description   = "One message of kpi-tables: did the table's days arrive, are they anomalous? Results, at most one alert."
      memory        = "2Gi"
      cpu           = 2
      timeout       = 540 # an alert's claim is given up after 10 minutes: nothing that sends may run as long
      max_instances = 20
      # Refused for want of an instance counts as an attempt, and all tables come due at once. check_kpis asks again
      # every hour: giving up after some hours loses nothing.
      topic          = { name = "kpi-tables", ack_deadline = 600, max_delivery_attempts = 30, shortest_backoff = 30, longest_backoff = 600 }
      settings       = ["alerts", "cloud", "kpis", "largest_query_gb", "optimiser"]
      environment    = { MPLCONFIGDIR = "/tmp/matplotlib" } # the one place a function may write to
      secrets        = ["SEKISHO_SLACK_TOKEN"]
      reads_dataset  = true
      reads_watched  = true
      appends_to     = ["alerts", "kpi_results", "table_checks"]
      reads_buckets  = ["configuration", "state"]
      writes_objects = { state = ["claims/alerts/", "forecasts/"] }
    }
    send_summary = {
      description = "Daily and weekly: what was found of KPIs and posts becomes one summary, sent once."
      memory      = "1Gi"
      timeout     = 540 # as check_kpi_table
      heartbeat   = "summary told"
      schedules = {
        daily  = { cron = "30 10 * * *", body = { period = "daily" }, overdue_hours = 26 } # tables are due by 09:00
        weekly = { cron = "0 11 * * 1", body = { period = "weekly" }, overdue_hours = 170 }
      }
      settings       = ["alerts", "cloud", "kpis", "time_zone"]
      environment    = { MPLCONFIGDIR = "/tmp/matplotlib" }
      secrets        = ["SEKISHO_SLACK_TOKEN"]
      reads_dataset  = true
      appends_to     = ["alerts"]
      reads_buckets  = ["configuration", "state"]
      writes_objects = { state = ["claims/alerts/"] }
    }
  }

  defaults = {
    deployed       = true
    cpu            = 1 # a whole one: what more than one request at a time needs
    concurrency    = 1
    min_instances  = 0
    max_instances  = 1
    heartbeat      = null
    schedules      = {}
    topic          = null
    webhook        = null
    internal       = false
    environment    = {}
    secrets        = []
    reads_dataset  = false
    reads_watched  = false
    appends_to     = []
    reads_buckets  = []
    writes_objects = {}
    publishes      = []
  }

  functions = {
    for name, function in local.registry : name => merge(
      local.defaults, function, { settings = concat(function.settings, ["collector"]) }, # every function is traced
      { for field, value in try(var.sizes[name], {}) : field => value if value != null }
    )
  }
  deployed      = { for name, function in local.functions : name => function if function.deployed }
  service_names = { for name in keys(local.registry) : name => replace(name, "_", "-") } # Cloud Run knows no underscores
  scheduled     = { for name, function in local.functions : name => function if length(function.schedules) > 0 }
  subscribed    = { for name, function in local.functions : name => function if function.topic != null }
  webhooks      = { for name, function in local.functions : name => function if function.webhook != null }

  ingress = {
    for name, function in local.functions : name => (
      function.webhook != null ? (var.load_balancer == null ? "ALLOW_ALL" : "ALLOW_INTERNAL_AND_GCLB")
      : length(function.schedules) > 0 && length(var.operators) > 0 ? "ALLOW_ALL"
      : "ALLOW_INTERNAL_ONLY" # Scheduler and Pub/Sub of this project count as internal
    )
  }

  # Who may call. Webhooks are for everyone by design: a platform outside Google Cloud has no Google identity, so each
  # request is authenticated inside, by its signature, before anything is read of it. With the load balancer that stays:
  # Cloud Run asks for an identity behind it as well, and the load balancer has none to give; but the ingress then lets
  # nothing in that has not passed it. A platform that has an identity is named in var.webhook_callers.
  callers = {
    for name, function in local.functions : name => (
      function.webhook != null ? tolist(var.webhook_callers)
      : function.topic != null ? [google_service_account.pusher.member]
      : length(function.schedules) > 0 ? concat([google_service_account.scheduler.member], tolist(var.operators))
      : []
    )
  }
}

resource "google_service_account" "function" {
  for_each     = local.deployed
  account_id   = "sekisho-${local.service_names[each.key]}"
  display_name = "Sekisho: ${each.key}"
  description  = each.value.description

  lifecycle {
    precondition {
      condition     = length(each.key) <= 22
      error_message = "${each.key}: expected a function's name of at most 22 characters, as its account has 30."
    }
  }
}

# Whoever deploys a function lets it run as its account, and must be allowed to act as that: per account, not as all of
# the project's.
resource "google_service_account_iam_member" "deployer" {
  for_each = var.deployer == null ? {} : merge(
    { for name, account in google_service_account.function : name => account.name },
    { for account in google_service_account.tokens : "tokens" => account.name },
    { build = google_service_account.build.name, scheduler = google_service_account.scheduler.name, pusher = google_service_account.pusher.name },
  )
  service_account_id = each.value
  role               = "roles/iam.serviceAccountUser"
  member             = var.deployer
}

resource "google_cloudfunctions2_function" "function" {
  for_each     = local.deployed
  name         = local.service_names[each.key]
  location     = var.location
  description  = each.value.description
  kms_key_name = var.kms_key
  labels       = { function = local.service_names[each.key] }

  build_config {
    runtime           = "python313"
    entry_point       = each.key
    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.images.id
    source {
      storage_source {
        bucket = google_storage_bucket.bucket["packages"].name
        object = google_storage_bucket_object.package[each.key].name
      }
    }
  }

  service_config {
    service_account_email            = google_service_account.function[each.key].email
    available_memory                 = each.value.memory
    available_cpu                    = tostring(each.value.cpu)
    timeout_seconds                  = each.value.timeout
    max_instance_request_concurrency = each.value.concurrency
    min_instance_count               = each.value.min_instances
    max_instance_count               = each.value.max_instances
    ingress_settings                 = local.ingress[each.key]
    all_traffic_on_latest_revision   = true
    vpc_connector                    = var.vpc_connector
    vpc_connector_egress_settings    = var.vpc_connector == null ? null : var.vpc_egress
    environment_variables = merge(concat(
      [for reader in each.value.settings : local.settings[reader]],
      [{ THREADS = tostring(each.value.concurrency) }], # functions-framework: as many at once as Cloud Run sends
      [each.value.environment],
    )...)

    dynamic "secret_environment_variables" {
      for_each = setintersection(each.value.secrets, keys(local.secrets))
      content {
        key        = secret_environment_variables.value
        project_id = var.project
        secret     = google_secret_manager_secret.secret[secret_environment_variables.value].secret_id
        version    = lookup(var.secret_versions, secret_environment_variables.value, "latest")
      }
    }
  }

  lifecycle {
    precondition {
      condition = length([for is_kind in [
        length(each.value.schedules) > 0, each.value.topic != null, each.value.webhook != null, each.value.internal
      ] : is_kind if is_kind]) == 1
      error_message = "${each.key}: expected one of schedules, topic, webhook and internal = true."
    }
    precondition {
      condition     = each.value.topic == null || try(each.value.timeout <= each.value.topic.ack_deadline, false)
      error_message = "${each.key}: expected a timeout within the ack deadline; else a message is brought again while it is worked on."
    }
    precondition {
      condition     = length(each.value.schedules) == 0 || each.value.timeout <= 1785
      error_message = "${each.key}: expected a timeout of 1,785 seconds at most; Scheduler waits half an hour, then calls again."
    }
    precondition {
      condition     = length(each.value.schedules) == 0 || each.value.heartbeat != null
      error_message = "${each.key}: expected the heartbeat of a scheduled function: what it logs at its end."
    }
    precondition {
      condition     = each.value.concurrency == 1 || each.value.cpu >= 1
      error_message = "${each.key}: expected a whole CPU for more than one request at a time."
    }
    precondition {
      condition     = length(setsubtract(keys(var.sizes), keys(local.registry))) == 0
      error_message = "sizes: expected names of functions, came ${join(", ", setsubtract(keys(var.sizes), keys(local.registry)))}."
    }
    precondition {
      condition     = length(setsubtract(each.value.secrets, keys(local.all_secrets))) == 0
      error_message = "${each.key}: expected secrets of secrets.tf, came ${join(", ", setsubtract(each.value.secrets, keys(local.all_secrets)))}."
    }
  }

  # Deployed before it may read its secrets, or before it may be built, it would not come up.
  depends_on = [
    google_secret_manager_secret_iam_member.reader,
    google_project_iam_member.build,
    google_artifact_registry_repository_iam_member.build,
    google_storage_bucket_iam_member.build,
    google_kms_crypto_key_iam_member.service_agent,
    google_project_service.api,
  ]
}

# run.invoker on the one function, and nobody besides those named: what is granted by hand is taken back.
resource "google_cloud_run_v2_service_iam_binding" "caller" {
  for_each = { for name in keys(local.registry) : name => name if !local.functions[name].internal }
  name     = google_cloudfunctions2_function.function[each.key].name
  location = var.location
  role     = "roles/run.invoker"
  members  = local.callers[each.key]

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.function[each.key].id] # one made anew has lost them
  }
}
