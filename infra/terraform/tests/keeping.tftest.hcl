# What is kept, where, how long, and who could lose or see it.
mock_provider "google" {}

variables {
  project          = "sekisho-test"
  environment      = "prod"
  packages         = "tests/packages"
  takedowns        = "platform"
  platform_url     = "https://platform.example.com/api"
  alerts           = "slack"
  watched_datasets = ["ads", "costs", "marketing", "recsys"]
}

run "no_bucket_is_public_no_object_lost_by_a_mistake_nothing_leaves_the_region" {
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.bucket : bucket.public_access_prevention == "enforced" && bucket.uniform_bucket_level_access])
    error_message = "A bucket, or an object of it, can be made public."
  }
  assert {
    condition     = !anytrue([for member in concat(values(google_storage_bucket_iam_member.reader), values(google_storage_bucket_iam_member.writer), [google_storage_bucket_iam_member.build]) : contains(["allUsers", "allAuthenticatedUsers"], member.member)])
    error_message = "A bucket is public."
  }
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.bucket : bucket.versioning[0].enabled && bucket.soft_delete_policy[0].retention_duration_seconds >= 604800 && !bucket.force_destroy])
    error_message = "What is overwritten or deleted in a bucket is gone."
  }
  assert {
    condition     = !anytrue(flatten([for rule in google_storage_bucket.bucket["models"].lifecycle_rule : [for action in rule.action : [for condition in rule.condition : action.type == "Delete" && condition.with_state != "ARCHIVED" && (condition.matches_prefix == null || anytrue([for prefix in coalesce(condition.matches_prefix, [""]) : startswith("models/bayes/current.json", prefix)]))]]]))
    error_message = "The model that serves is deleted by age."
  }
  assert {
    condition     = anytrue(flatten([for rule in google_storage_bucket.bucket["state"].lifecycle_rule : [for condition in rule.condition : try(condition.matches_prefix[0], "") == "claims/alerts/" && condition.age > 90]]))
    error_message = "Claims on alerts are never deleted, or while their alert may still be tried (90 days)."
  }
  assert {
    condition     = anytrue(flatten([for rule in google_storage_bucket.bucket["state"].lifecycle_rule : [for condition in rule.condition : try(condition.matches_prefix[0], "") == "forecasts/" && condition.age > 35]]))
    error_message = "Forecasts of tables nobody checks any more are kept for ever, or deleted while they can be carried on (35 days)."
  }
  assert {
    condition = toset(concat(
      [for bucket in google_storage_bucket.bucket : lower(bucket.location)],
      flatten([for topic in google_pubsub_topic.topic : tolist(topic.message_storage_policy[0].allowed_persistence_regions)]),
      [for function in google_cloudfunctions2_function.function : function.location],
      [for secret in google_secret_manager_secret.secret : secret.replication[0].user_managed[0].replicas[0].location],
      [for job in google_cloud_scheduler_job.job : job.region],
      [google_bigquery_dataset.sekisho.location, google_artifact_registry_repository.images.location],
    )) == toset(["asia-northeast1"])
    error_message = "Something is kept outside the region."
  }
}

run "tables_and_views_are_as_their_files_say_and_protected" {
  assert {
    condition     = toset(keys(google_bigquery_table.table)) == toset([for file in fileset("../schemas", "*.json") : trimsuffix(file, ".json")]) && length(google_bigquery_table.table) >= 11
    error_message = "A schema has no table."
  }
  assert {
    condition     = alltrue([for name, table in google_bigquery_table.table : table.time_partitioning[0].type == "DAY" && table.time_partitioning[0].field == jsondecode(file("../schemas/${name}.json")).partition_field && table.clustering == tolist(jsondecode(file("../schemas/${name}.json")).clustering)])
    error_message = "A table is partitioned or clustered otherwise than the local cloud's."
  }
  assert {
    condition     = alltrue([for table in google_bigquery_table.table : coalesce(table.time_partitioning[0].expiration_ms, 0) == 0])
    error_message = "A table forgets without anybody having said so."
  }
  assert {
    condition     = alltrue([for name, table in google_bigquery_table.table : jsondecode(table.schema) == jsondecode(file("../schemas/${name}.json")).fields])
    error_message = "A table has other columns than its file."
  }
  assert {
    condition     = alltrue([for table in google_bigquery_table.table : table.deletion_protection]) && !google_bigquery_dataset.sekisho.delete_contents_on_destroy && google_bigquery_dataset.sekisho.max_time_travel_hours == "168" && alltrue([for secret in google_secret_manager_secret.secret : secret.deletion_protection])
    error_message = "Data of prod can be deleted."
  }
  assert {
    condition     = setunion(keys(google_bigquery_table.view), keys(google_bigquery_table.view_of_views)) == toset([for file in fileset("../schemas", "*.sql") : trimsuffix(file, ".sql")])
    error_message = "A view of infra/schemas/ is not made."
  }
  assert {
    condition     = contains(keys(google_bigquery_table.view_of_views), "review_queue") && contains(keys(google_bigquery_table.view_of_views), "item_slot_measures_daily") && contains(keys(google_bigquery_table.view), "posts_latest")
    error_message = "A view is made before one it reads."
  }
  assert {
    condition     = alltrue([for view in concat(values(google_bigquery_table.view), values(google_bigquery_table.view_of_views)) : !strcontains(view.view[0].query, "dataset}") && strcontains(view.view[0].query, "`sekisho-test.sekisho.") && !view.view[0].use_legacy_sql])
    error_message = "A view names a table without its project and dataset."
  }
  assert {
    condition     = google_bigquery_table.view["posts_latest"].description != "" && !strcontains(google_bigquery_table.view["posts_latest"].description, "--") && startswith(google_bigquery_table.view["cloud_costs_daily"].description, "What Google Cloud cost after credits")
    error_message = "A view has lost its description."
  }
}

run "partitions_expire_where_it_is_said" {
  variables {
    partition_expiry_days = { impressions = 500 }
  }
  assert {
    condition     = google_bigquery_table.table["impressions"].time_partitioning[0].expiration_ms == 500 * 86400000 && coalesce(google_bigquery_table.table["posts"].time_partitioning[0].expiration_ms, 0) == 0
    error_message = "Partitions do not expire where it is said, or where it is not."
  }
}

run "dev_can_be_thrown_away_and_its_moderation_file_never_says_auto" {
  variables {
    environment = "dev"
  }
  assert {
    condition     = !anytrue([for table in google_bigquery_table.table : table.deletion_protection]) && google_bigquery_dataset.sekisho.delete_contents_on_destroy && alltrue([for bucket in google_storage_bucket.bucket : bucket.force_destroy])
    error_message = "A dev environment can't be destroyed."
  }
  assert {
    condition     = google_storage_bucket_object.configuration["moderation.yaml"].source == "./environments/dev.moderation.yaml" && yamldecode(file(google_storage_bucket_object.configuration["moderation.yaml"].source)).mode != "auto"
    error_message = "Dev runs by prod's moderation file, or takes everything down by itself."
  }
}

run "prod_gets_prods_moderation_file_where_functions_look_for_it" {
  assert {
    condition     = google_storage_bucket_object.configuration["moderation.yaml"].source == "./environments/prod.moderation.yaml"
    error_message = "Prod runs by another environment's moderation file."
  }
  assert {
    condition     = google_cloudfunctions2_function.function["judge_post"].service_config[0].environment_variables["SEKISHO_MODERATION"] == "gs://${google_storage_bucket_object.configuration["moderation.yaml"].bucket}/moderation.yaml"
    error_message = "Judges read another moderation file than is deployed."
  }
  assert {
    condition = toset(keys(google_storage_bucket_object.configuration)) == setunion(
      [for file in fileset("../kpi_tables", "*.yaml") : "kpi_tables/${file}"], ["calendar.yaml", "moderation.yaml", "banned_words.txt"]
    )
    error_message = "A configuration file is not deployed."
  }
  assert {
    condition = toset([for name in ["SEKISHO_CALENDAR", "SEKISHO_KPI_TABLES"] : google_cloudfunctions2_function.function["check_kpi_table"].service_config[0].environment_variables[name]]) == toset([
      "gs://${google_storage_bucket.bucket["configuration"].name}/calendar.yaml", "gs://${google_storage_bucket.bucket["configuration"].name}/kpi_tables"
    ])
    error_message = "check_kpi_table looks for its configuration elsewhere than it is deployed."
  }
  assert {
    condition     = google_cloudfunctions2_function.function["check_kpi_table"].service_config[0].environment_variables["SEKISHO_OPTIMISER"] == "exact"
    error_message = "check_kpi_table is not told what fits Prophet, or something slow by default."
  }
  assert {
    condition     = alltrue([for object in google_storage_bucket_object.configuration : object.source_md5hash == filemd5(object.source)])
    error_message = "A change of a configuration file would not be deployed."
  }
  assert {
    condition     = toset([for name, object in google_storage_bucket_object.configuration : name if object.deletion_policy == "ABANDON"]) == toset(["calendar.yaml", "moderation.yaml", "banned_words.txt"])
    error_message = "A file functions always need is away for a moment whenever it changes, or a KPI table stays watched though its file has gone."
  }
}

run "one_key_encrypts_everything" {
  variables {
    kms_key = "projects/keys/locations/asia-northeast1/keyRings/sekisho/cryptoKeys/data"
  }
  assert {
    condition = toset(concat(
      [for bucket in google_storage_bucket.bucket : try(bucket.encryption[0].default_kms_key_name, "")],
      [for topic in google_pubsub_topic.topic : topic.kms_key_name],
      [for function in google_cloudfunctions2_function.function : function.kms_key_name],
      [for secret in google_secret_manager_secret.secret : try(secret.replication[0].user_managed[0].replicas[0].customer_managed_encryption[0].kms_key_name, "")],
      [try(google_bigquery_dataset.sekisho.default_encryption_configuration[0].kms_key_name, ""), google_artifact_registry_repository.images.kms_key_name],
    )) == toset([var.kms_key])
    error_message = "Something is not encrypted with the key."
  }
  assert {
    condition     = length(google_kms_crypto_key_iam_member.service_agent) == 7 && alltrue([for member in google_kms_crypto_key_iam_member.service_agent : member.crypto_key_id == var.kms_key])
    error_message = "A service may not use the key."
  }
}
