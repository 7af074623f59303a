# What functions are told, by the reader of shared/settings.py that reads it: a function's entry in the registry names
# its readers. Not set: the emulators' hosts (a laptop's), K_REVISION, K_SERVICE and
# FUNCTION_TARGET (Cloud Run's own), SEKISHO_DICTIONARY and SEKISHO_USER_DICTIONARY (only IPADIC is packed), SEKISHO_SLACK_API_URL (Slack's own by default).
# Secrets are in secrets.tf.
locals {
  settings = {
    cloud = {
      GOOGLE_CLOUD_PROJECT = var.project
      SEKISHO_DATASET      = var.dataset
    }
    project_name = {
      GOOGLE_CLOUD_PROJECT = var.project
    }
    models = {
      SEKISHO_MODEL_BUCKET = local.bucket_names.models
    }
    platform = merge(
      { SEKISHO_TAKEDOWNS = var.takedowns },
      var.takedowns == "platform" ? { SEKISHO_PLATFORM_URL = var.platform_url } : {},
    )
    words = {}
    intake = {
      SEKISHO_NEW_POSTS_TOPIC  = local.registry.judge_post.topic.name
      SEKISHO_DEAD_POSTS_TOPIC = "${local.registry.judge_post.topic.name}-dead"
    }
    moderation = {
      SEKISHO_MODERATION = "gs://${local.bucket_names.configuration}/moderation.yaml"
    }
    banned_words = {
      SEKISHO_BANNED_WORDS = "gs://${local.bucket_names.configuration}/banned_words.txt"
    }
    kpis = {
      SEKISHO_KPI_TABLES   = "gs://${local.bucket_names.configuration}/kpi_tables"
      SEKISHO_CALENDAR     = "gs://${local.bucket_names.configuration}/calendar.yaml"
      SEKISHO_KPI_TOPIC    = local.registry.check_kpi_table.topic.name
      SEKISHO_STATE_BUCKET = local.bucket_names.state
    }
    alerts = {
      SEKISHO_ALERTS        = var.alerts
      SEKISHO_ALERT_CHANNEL = var.alert_channel
      SEKISHO_LANGUAGE      = var.language
    }
    collector = {
      SEKISHO_COLLECTOR_URL = var.collector_url # empty: spans go nowhere
    }
    code_revision = var.code_revision == "" ? {} : {
      SEKISHO_CODE_REVISION = var.code_revision
    }
    webhook_secret = {}
    time_zone = {
      SEKISHO_TIME_ZONE = var.time_zone
    }
    judging_days = {
      SEKISHO_JUDGING_DAYS = tostring(var.tuning.judging_days)
    }
    run_seconds = {
      SEKISHO_RUN_SECONDS = tostring(min(var.tuning.run_seconds, local.registry.judge_new_posts.timeout - 60))
    }
    counts_source = {
      SEKISHO_COUNTS = var.tokens_in_bigquery == null ? "days" : "bigquery"
    }
    training_lag_days = {
      SEKISHO_TRAINING_LAG_DAYS = tostring(var.tuning.training_lag_days)
    }
    training_window_days = {
      SEKISHO_TRAINING_WINDOW_DAYS = tostring(var.tuning.training_window_days)
    }
    features = {
      SEKISHO_FEATURES = local.token_features # the same text as in BigQuery: tokens.tf
    }
    take_down_precision = {
      SEKISHO_TAKE_DOWN_PRECISION = var.tuning.take_down_precision == null ? "" : tostring(var.tuning.take_down_precision)
    }
    max_wrong_takedowns_per_day = {
      SEKISHO_MAX_WRONG_TAKEDOWNS_PER_DAY = var.tuning.max_wrong_takedowns_per_day == null ? "" : tostring(var.tuning.max_wrong_takedowns_per_day)
    }
    training_margin = {
      SEKISHO_TRAINING_MARGIN = tostring(var.tuning.training_margin)
    }
    optimiser = {
      SEKISHO_OPTIMISER = var.optimiser
    }
    largest_query_gb = {
      SEKISHO_LARGEST_QUERY_GB = tostring(var.tuning.largest_query_gb)
    }
  }
}
