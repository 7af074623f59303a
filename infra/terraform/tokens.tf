# The option: posts are tokenised in BigQuery, by the remote function tokenize_posts, and kept in post_tokens; training
# then counts them by one query (shared/gcp/token_table.py). docs/training.md says when that is worth it.
locals {
  tokenizing = var.tokens_in_bigquery == null ? [] : ["tokens"]

  # The features of shared/spam/features.py, in its order. What post_tokens.features says, what the remote function is told and
  # what training asks for are one text: those that are counted, in that order whatever order they were named in.
  known_features = ["words", "title_words", "word_pairs", "structure", "masks", "characters"]
  token_features = join(",", [for name in local.known_features : name if length(var.features) == 0 || contains(var.features, name)])

  # 25 of the longest posts that are judged (200,000 characters, 6 bytes each where all are escaped) are 30 MB: Cloud Run
  # takes requests of 32 MB.
  token_batch = 25

  # A window's days, those people have not finished with, and one for clocks.
  token_days = var.tuning.training_window_days + var.tuning.training_lag_days + 1

  fill_post_tokens = replace(replace(replace(file("${path.module}/../queries/fill_post_tokens.sql"),
    "$${dataset}", "${var.project}.${var.dataset}"), "$${features}", local.token_features), "$${days}", tostring(local.token_days)
  )
}

# BigQuery calls the function as this connection's account, which may do nothing else.
resource "google_bigquery_connection" "tokens" {
  count         = length(local.tokenizing)
  connection_id = "sekisho-tokens"
  location      = var.location
  friendly_name = "Sekisho: tokenize_posts"
  description   = "Calls the Cloud Function tokenize_posts."
  cloud_resource {}

  depends_on = [google_project_service.api]
}

# run.invoker on the one function, for nobody besides the connection.
resource "google_cloud_run_v2_service_iam_binding" "tokens" {
  count    = length(local.tokenizing)
  name     = google_cloudfunctions2_function.function["tokenize_posts"].name
  location = var.location
  role     = "roles/run.invoker"
  members  = ["serviceAccount:${google_bigquery_connection.tokens[0].cloud_resource[0].service_account_id}"]

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.function["tokenize_posts"].id] # one made anew has lost them
  }
}

resource "google_bigquery_routine" "tokenize_posts" {
  count           = length(local.tokenizing)
  dataset_id      = google_bigquery_dataset.sekisho.dataset_id
  routine_id      = "tokenize_posts"
  routine_type    = "SCALAR_FUNCTION"
  description     = "The ids of a post's distinct tokens as a JSON array, or null where it has none to count."
  definition_body = ""
  return_type     = jsonencode({ typeKind = "JSON" }) # a remote function can't return an ARRAY
  dynamic "arguments" {
    for_each = ["title", "body"]
    content {
      name      = arguments.value
      data_type = jsonencode({ typeKind = "STRING" })
    }
  }
  remote_function_options {
    endpoint             = google_cloudfunctions2_function.function["tokenize_posts"].service_config[0].uri
    connection           = google_bigquery_connection.tokens[0].name
    max_batching_rows    = tostring(local.token_batch)
    user_defined_context = { features = local.token_features }
  }

  depends_on = [google_cloud_run_v2_service_iam_binding.tokens]
}

# Fills post_tokens, and may do so only: reads the dataset (bigquery.tf), writes the one table, uses the one connection.
resource "google_service_account" "tokens" {
  count        = length(local.tokenizing)
  account_id   = "sekisho-tokens"
  display_name = "Sekisho: fills post_tokens"
}

resource "google_bigquery_table_iam_member" "tokens" {
  count      = length(local.tokenizing)
  dataset_id = google_bigquery_dataset.sekisho.dataset_id
  table_id   = google_bigquery_table.table["post_tokens"].table_id
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.tokens[0].member
}

resource "google_bigquery_connection_iam_member" "tokens" {
  count         = length(local.tokenizing)
  location      = google_bigquery_connection.tokens[0].location
  connection_id = google_bigquery_connection.tokens[0].connection_id
  role          = "roles/bigquery.connectionUser"
  member        = google_service_account.tokens[0].member
}

# jobUser: as for functions that query.
resource "google_project_iam_member" "tokens" {
  count   = length(local.tokenizing)
  project = var.project
  role    = "roles/bigquery.jobUser"
  member  = google_service_account.tokens[0].member
}

resource "google_bigquery_data_transfer_config" "fill_post_tokens" {
  count                = length(local.tokenizing)
  display_name         = "Sekisho: fill post_tokens"
  data_source_id       = "scheduled_query"
  location             = var.location
  schedule             = var.tokens_in_bigquery.schedule
  disabled             = var.schedules_paused
  service_account_name = google_service_account.tokens[0].email
  params               = { query = local.fill_post_tokens }

  depends_on = [
    google_bigquery_routine.tokenize_posts,
    google_bigquery_table_iam_member.tokens,
    google_bigquery_connection_iam_member.tokens,
    google_project_iam_member.tokens,
  ]
}
