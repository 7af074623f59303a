# The dataset with the tables and views of infra/schemas/, the same files the local cloud makes them from: a table's
# JSON says its partitions and clusters, a view's SQL names everything `${dataset}.name`.
locals {
  schemas = "${path.module}/../schemas"
  tables  = { for file in fileset(local.schemas, "*.json") : trimsuffix(file, ".json") => jsondecode(file("${local.schemas}/${file}")) }

  expiry_days = { for name, table in local.tables : name => lookup(var.partition_expiry_days, name, try(table.partition_expiration_days, null)) }

  view_texts = { for file in fileset(local.schemas, "*.sql") : trimsuffix(file, ".sql") => file("${local.schemas}/${file}") }
  views = {
    for name, text in local.view_texts : name => {
      query       = replace(text, "$${dataset}", "${var.project}.${var.dataset}")
      description = trimspace(replace(regex("^(?:--[^\n]*\n)*", text), "/(?m)^--[ ]*|\n/", " "))
      views_read  = setintersection([for found in regexall("\\$\\{dataset\\}\\.(\\w+)", text) : found[0]], keys(local.view_texts))
    }
  }
  # A view must be there before one that reads it, and one resource can't wait for itself: a resource per level.
  level_0 = toset([for name, view in local.views : name if length(view.views_read) == 0])
  level_1 = toset([for name, view in local.views : name if !contains(local.level_0, name) && length(setsubtract(view.views_read, local.level_0)) == 0])
  level_2 = setsubtract(keys(local.views), setunion(local.level_0, local.level_1))

  querying = { for name, function in local.functions : name => function if function.reads_dataset || function.reads_watched }
  appenders = merge([
    for name, function in local.functions : {
      for table in function.appends_to : "${name}/${table}" => { function = name, table = table }
    }
  ]...)
}

resource "google_bigquery_dataset" "sekisho" {
  dataset_id                 = var.dataset
  location                   = var.location
  description                = "Posts, verdicts, takedowns and answers; KPI results, checks and alerts. Tables are append-only."
  max_time_travel_hours      = "168" # a week: as far back as BigQuery goes
  delete_contents_on_destroy = !local.deletion_protection

  # All of who may read it: the list is complete, so that readers of the project do not see posts, and what is granted
  # by hand is taken back. Who may append to which table is said per table below.
  access {
    role          = "OWNER"
    special_group = "projectOwners"
  }
  # READER (dataViewer) for functions that query: views are read with the rights to the tables they read.
  dynamic "access" {
    for_each = { for name, function in local.functions : name => function if function.reads_dataset }
    content {
      role          = "READER"
      user_by_email = google_service_account.function[access.key].email
    }
  }
  # READER for the query that fills post_tokens (tokens.tf): it reads posts and answers, and calls the dataset's function.
  dynamic "access" {
    for_each = google_service_account.tokens[*].email
    content {
      role          = "READER"
      user_by_email = access.value
    }
  }
  # Operators look things up, and `sekisho respond` reads what was answered before.
  dynamic "access" {
    for_each = { for member in var.operators : member => split(":", member) }
    content {
      role           = "READER"
      group_by_email = access.value[0] == "group" ? access.value[1] : null
      user_by_email  = access.value[0] == "group" ? null : access.value[1]
    }
  }
  dynamic "access" {
    for_each = var.analyst_groups
    content {
      role           = "READER"
      group_by_email = access.value
    }
  }
  dynamic "default_encryption_configuration" {
    for_each = var.kms_key[*]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.service_agent]
}

resource "google_bigquery_table" "table" {
  #checkov:skip=CKV_GCP_80:encrypted by the dataset's default: var.kms_key where one is given
  for_each            = local.tables
  dataset_id          = google_bigquery_dataset.sekisho.dataset_id
  table_id            = each.key
  description         = each.value.description
  schema              = jsonencode(each.value.fields)
  clustering          = each.value.clustering
  deletion_protection = local.deletion_protection

  time_partitioning {
    type          = "DAY"
    field         = each.value.partition_field
    expiration_ms = local.expiry_days[each.key] == null ? null : local.expiry_days[each.key] * 86400000
  }

  lifecycle {
    precondition {
      condition     = length(setsubtract(keys(var.partition_expiry_days), keys(local.tables))) == 0
      error_message = "partition_expiry_days: expected tables of infra/schemas/, came ${join(", ", setsubtract(keys(var.partition_expiry_days), keys(local.tables)))}."
    }
  }
}

resource "google_bigquery_table" "view" {
  #checkov:skip=CKV_GCP_80:a view holds no data
  #checkov:skip=CKV_GCP_121:a view holds no data, and is made anew where its text changes
  for_each            = local.level_0
  dataset_id          = google_bigquery_dataset.sekisho.dataset_id
  table_id            = each.key
  description         = local.views[each.key].description
  deletion_protection = false
  view {
    query          = local.views[each.key].query
    use_legacy_sql = false
  }
  depends_on = [google_bigquery_table.table]
}

resource "google_bigquery_table" "view_of_views" {
  #checkov:skip=CKV_GCP_80:a view holds no data
  #checkov:skip=CKV_GCP_121:a view holds no data, and is made anew where its text changes
  for_each            = local.level_1
  dataset_id          = google_bigquery_dataset.sekisho.dataset_id
  table_id            = each.key
  description         = local.views[each.key].description
  deletion_protection = false
  view {
    query          = local.views[each.key].query
    use_legacy_sql = false
  }
  depends_on = [google_bigquery_table.view]

  lifecycle {
    precondition {
      condition     = length(local.level_2) == 0
      error_message = "Views: expected them to read tables, and views of tables; ${join(", ", local.level_2)} stand higher. Add a resource for that level."
    }
  }
}

# jobUser: running a query or load job. Jobs belong to the project, so there is no smaller resource to give it on; what
# a job may read and write is decided by the roles on data.
resource "google_project_iam_member" "querying" {
  for_each = local.querying
  project  = var.project
  role     = "roles/bigquery.jobUser"
  member   = google_service_account.function[each.key].member
}

resource "google_project_iam_member" "operators_querying" {
  for_each = var.operators
  project  = var.project
  role     = "roles/bigquery.jobUser"
  member   = each.value
}

# dataEditor on alert_responses: what `sekisho respond` adds is theirs to say, and nothing else is.
resource "google_bigquery_table_iam_member" "responder" {
  for_each   = var.operators
  dataset_id = google_bigquery_dataset.sekisho.dataset_id
  table_id   = google_bigquery_table.table["alert_responses"].table_id
  role       = "roles/bigquery.dataEditor"
  member     = each.value
}

# dataEditor on the one table: adding rows. BigQuery has no predefined role that adds only.
resource "google_bigquery_table_iam_member" "appender" {
  for_each   = local.appenders
  dataset_id = google_bigquery_dataset.sekisho.dataset_id
  table_id   = google_bigquery_table.table[each.value.table].table_id
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.function[each.value.function].member
}

# dataViewer on a watched dataset: reading its tables' columns and rows.
resource "google_bigquery_dataset_iam_member" "watched" {
  for_each = merge([
    for name, function in local.functions : {
      for dataset in var.watched_datasets : "${name}/${dataset}" => { function = name, dataset = dataset }
    } if function.reads_watched
  ]...)
  project    = length(split(".", each.value.dataset)) == 2 ? split(".", each.value.dataset)[0] : var.project
  dataset_id = reverse(split(".", each.value.dataset))[0]
  role       = "roles/bigquery.dataViewer"
  member     = google_service_account.function[each.value.function].member
}
