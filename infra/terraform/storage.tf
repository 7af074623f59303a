# Buckets, what is uploaded to them, and who may read and write which part of them.
locals {
  bucket_names = { for name in keys(local.buckets) : name => "${var.project}-sekisho-${name}" }

  # lifecycle: live objects below a prefix, that many days after they were written. Models are never deleted by age,
  # only stored more cheaply: where trainings are refused for long, the serving one is an old one.
  buckets = {
    models = {
      noncurrent_days = 90
      soft_days       = 30
      lifecycle = [
        { prefix = "models/", days = 90, storage_class = "NEARLINE" },
        { prefix = "models/training/days/", days = 400 }, # the longest window and a month
        { prefix = "takedown_slots/", days = 90 },        # a day's slots
      ]
    }
    state = {
      noncurrent_days = 7
      soft_days       = 7
      lifecycle = [
        { prefix = "claims/alerts/", days = 120 }, # alerts are tried for 90 days, incidents looked for as long
        { prefix = "forecasts/", days = 60 },      # a table nobody checks any more; what is lost is made anew
      ]
    }
    configuration = {
      noncurrent_days = 365
      soft_days       = 30
      lifecycle       = []
    }
    packages = {
      noncurrent_days = 30
      soft_days       = 7
      lifecycle       = []
    }
  }

  packages_folder = startswith(var.packages, "/") ? var.packages : "${path.module}/${var.packages}"
  packages        = { for name in keys(local.deployed) : name => fileset(local.packages_folder, "${name}-*.zip") }

  kpi_tables_folder = startswith(var.kpi_tables, "/") ? var.kpi_tables : "${path.module}/${var.kpi_tables}"
  moderation_file   = "${path.module}/${coalesce(var.moderation_file, "environments/${var.environment}.moderation.yaml")}"
  configuration = merge(
    { for name in fileset(local.kpi_tables_folder, "*.{yaml,yml}") : "kpi_tables/${name}" => "${local.kpi_tables_folder}/${name}" },
    {
      "calendar.yaml"    = "${path.module}/../calendar.yaml"
      "moderation.yaml"  = local.moderation_file
      "banned_words.txt" = "${path.module}/../banned_words.txt"
    },
  )
  bucket_readers = merge([
    for name, function in local.functions : {
      for bucket in function.reads_buckets : "${name}/${bucket}" => { function = name, bucket = bucket }
    }
  ]...)
  object_writers = merge([
    for name, function in local.functions : {
      for bucket, prefixes in function.writes_objects : "${name}/${bucket}" => { function = name, bucket = bucket, prefixes = prefixes }
    }
  ]...)
}

resource "google_storage_bucket" "bucket" {
  #checkov:skip=CKV_GCP_62:who wrote what is in Cloud Audit Logs (project.tf); access logs in another bucket would say less
  for_each                    = local.buckets
  name                        = local.bucket_names[each.key]
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !local.deletion_protection
  labels                      = { bucket = each.key }

  versioning {
    enabled = true # the object before a mistake is one command away
  }
  soft_delete_policy {
    retention_duration_seconds = each.value.soft_days * 86400
  }
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      with_state                 = "ARCHIVED"
      days_since_noncurrent_time = each.value.noncurrent_days
    }
  }
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 1
    }
  }
  dynamic "lifecycle_rule" {
    for_each = each.value.lifecycle
    content {
      action {
        type          = can(lifecycle_rule.value.storage_class) ? "SetStorageClass" : "Delete"
        storage_class = try(lifecycle_rule.value.storage_class, null)
      }
      condition {
        with_state     = "LIVE"
        age            = lifecycle_rule.value.days
        matches_prefix = [lifecycle_rule.value.prefix]
      }
    }
  }
  dynamic "encryption" {
    for_each = var.kms_key[*]
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.service_agent]
}

# A function's archive, named by its content: a function is redeployed when, and only when, its archive changes.
resource "google_storage_bucket_object" "package" {
  for_each       = local.packages
  bucket         = google_storage_bucket.bucket["packages"].name
  name           = try(one(each.value), "missing")
  source         = "${local.packages_folder}/${try(one(each.value), "missing")}"
  content_type   = "application/zip"
  source_md5hash = try(filemd5("${local.packages_folder}/${one(each.value)}"), null)

  lifecycle {
    precondition {
      condition     = length(each.value) == 1
      error_message = "${each.key}: expected one ${each.key}-HASH.zip in ${local.packages_folder}, came ${length(each.value) == 0 ? "none; run `make package`" : "${length(each.value)} (${join(", ", each.value)}); remove the older ones"}."
    }
    precondition {
      condition     = alltrue([for name in each.value : can(regex("^${each.key}-[0-9a-f]{8,64}\\.zip$", name))])
      error_message = "${each.key}: expected a name that ends in the hash of its content, came ${join(", ", each.value)}: a change would go unnoticed."
    }
    create_before_destroy = true # the archive that runs is there until its successor does
  }
}

# Read by functions at every run: a change here redeploys none of them.
resource "google_storage_bucket_object" "configuration" {
  for_each       = local.configuration
  bucket         = google_storage_bucket.bucket["configuration"].name
  name           = each.key
  source         = each.value
  source_md5hash = filemd5(each.value)
  content_type   = endswith(each.key, ".txt") ? "text/plain; charset=utf-8" : "application/yaml"
  cache_control  = "no-store"

  # A changed object is made anew. Those functions always need are overwritten, so that there is no moment without them;
  # a KPI table's file goes when it goes from Git, and its table is no longer watched.
  deletion_policy = startswith(each.key, "kpi_tables/") ? null : "ABANDON"

  lifecycle {
    precondition {
      condition     = each.key != "moderation.yaml" || var.environment == "prod" || try(yamldecode(file(each.value)).mode, "shadow") != "auto"
      error_message = "${each.value}: expected any mode but auto outside prod."
    }
    precondition {
      condition     = each.key != "moderation.yaml" || contains(["shadow", "review", "capped", "auto"], try(yamldecode(file(each.value)).mode, ""))
      error_message = "${each.value}: expected YAML with a mode of shadow, review, capped or auto."
    }
  }
}

# A KPI table in a dataset check_kpi_table may not read is told as failed, every hour: better heard of here.
check "watched_datasets" {
  assert {
    condition     = length(local.unreadable_datasets) == 0
    error_message = "watched_datasets: KPI tables are in ${join(", ", local.unreadable_datasets)} too, which check_kpi_table may not read."
  }
}

locals {
  datasets_of_kpi_tables = toset([
    for name, path in local.configuration : regex("^(.*)\\.[^.]+$", yamldecode(file(path)).table)[0]
    if startswith(name, "kpi_tables/") && can(regex("^(.*)\\.[^.]+$", yamldecode(file(path)).table)[0])
  ])
  own_dataset_names   = [var.dataset, "${var.project}.${var.dataset}"]
  unreadable_datasets = setsubtract(local.datasets_of_kpi_tables, concat(local.own_dataset_names, tolist(var.watched_datasets)))
}

# objectViewer on the bucket: get and list. Without list an object that is missing could not be told from a forbidden one.
resource "google_storage_bucket_iam_member" "reader" {
  for_each = local.bucket_readers
  bucket   = google_storage_bucket.bucket[each.value.bucket].name
  role     = "roles/storage.objectViewer"
  member   = google_service_account.function[each.value.function].member
}

# objectUser below some prefixes: writing, and replacing by compare-and-swap, which counts as create and delete.
resource "google_storage_bucket_iam_member" "writer" {
  for_each = local.object_writers
  bucket   = google_storage_bucket.bucket[each.value.bucket].name
  role     = "roles/storage.objectUser"
  member   = google_service_account.function[each.value.function].member

  condition {
    title      = "below ${join(" and ", each.value.prefixes)}"
    expression = join(" || ", [for prefix in each.value.prefixes : "resource.name.startsWith(\"projects/_/buckets/${local.bucket_names[each.value.bucket]}/objects/${prefix}\")"])
  }
}
