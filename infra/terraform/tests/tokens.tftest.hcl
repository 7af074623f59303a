# Tokenising in BigQuery: nothing of it unless asked for; where asked for, only BigQuery calls, and only to fill one table.
mock_provider "google" {}

variables {
  project          = "sekisho-test"
  environment      = "prod"
  packages         = "tests/packages"
  watched_datasets = ["ads", "costs", "marketing", "recsys"]
}

run "nothing_is_made_unless_it_is_asked_for" {
  assert {
    condition     = !contains(keys(google_cloudfunctions2_function.function), "tokenize_posts") && !contains(keys(google_service_account.function), "tokenize_posts") && !contains(keys(google_storage_bucket_object.package), "tokenize_posts")
    error_message = "The function is deployed, built or paid for though nobody asked."
  }
  assert {
    condition     = length(concat(google_bigquery_connection.tokens, google_bigquery_routine.tokenize_posts, google_bigquery_data_transfer_config.fill_post_tokens, google_service_account.tokens)) == 0
    error_message = "Something is made that only tokenising needs."
  }
  assert {
    condition     = length(concat(google_cloud_run_v2_service_iam_binding.tokens, google_bigquery_table_iam_member.tokens, google_bigquery_connection_iam_member.tokens, google_project_iam_member.tokens)) == 0
    error_message = "Something is granted that only tokenising needs."
  }
  assert {
    condition     = google_cloudfunctions2_function.function["train_spam_model"].service_config[0].environment_variables.SEKISHO_COUNTS == "days"
    error_message = "Training counts in a table that nothing fills."
  }
  assert {
    condition     = !anytrue([for api in keys(google_project_service.api) : contains(["bigqueryconnection.googleapis.com", "bigquerydatatransfer.googleapis.com"], api)])
    error_message = "An API is enabled that only tokenising needs."
  }
}

run "only_the_connection_may_call_and_only_from_within" {
  variables {
    tokens_in_bigquery = {}
    operators          = ["group:operators@example.com"]
    deployer           = "serviceAccount:sekisho-apply@sekisho-test.iam.gserviceaccount.com"
  }
  override_resource {
    target = google_bigquery_connection.tokens
    values = { cloud_resource = { service_account_id = "bqcx-1-abcd@gcp-sa-bigquery-condel.iam.gserviceaccount.com" } }
  }
  assert {
    condition     = google_cloud_run_v2_service_iam_binding.tokens[0].members == toset(["serviceAccount:bqcx-1-abcd@gcp-sa-bigquery-condel.iam.gserviceaccount.com"]) && google_cloud_run_v2_service_iam_binding.tokens[0].role == "roles/run.invoker" && google_cloud_run_v2_service_iam_binding.tokens[0].name == "tokenize-posts"
    error_message = "Others than BigQuery's connection may call the function, or it may not."
  }
  assert {
    condition     = !contains(keys(google_cloud_run_v2_service_iam_binding.caller), "tokenize_posts") && google_cloudfunctions2_function.function["tokenize_posts"].service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"
    error_message = "A second binding fights over the function's callers, or it can be reached from outside."
  }
  assert {
    condition     = contains(keys(google_service_account_iam_member.deployer), "tokens") && contains(keys(google_service_account_iam_member.deployer), "tokenize_posts")
    error_message = "The deployer may not act as an account, and apply fails with it."
  }
  assert {
    condition     = length(google_cloudfunctions2_function.function["tokenize_posts"].service_config[0].secret_environment_variables) == 0 && !contains([for access in google_bigquery_dataset.sekisho.access : coalesce(access.user_by_email, "nobody")], google_service_account.function["tokenize_posts"].email)
    error_message = "The function can read what it is not sent."
  }
}

run "the_query_reads_writes_one_table_and_asks_the_function_in_batches" {
  variables {
    tokens_in_bigquery = { schedule = "every 6 hours" }
    tuning             = { training_window_days = 90, training_lag_days = 7 }
  }
  assert {
    condition     = google_bigquery_routine.tokenize_posts[0].remote_function_options[0].endpoint == google_cloudfunctions2_function.function["tokenize_posts"].service_config[0].uri && google_bigquery_routine.tokenize_posts[0].remote_function_options[0].connection == google_bigquery_connection.tokens[0].name
    error_message = "The remote function calls elsewhere, or as somebody else."
  }
  assert {
    condition     = [for argument in google_bigquery_routine.tokenize_posts[0].arguments : "${argument.name} ${jsondecode(argument.data_type).typeKind}"] == ["title STRING", "body STRING"] && jsondecode(google_bigquery_routine.tokenize_posts[0].return_type).typeKind == "JSON"
    error_message = "The remote function's signature is not what the Cloud Function serves."
  }
  assert {
    condition     = tonumber(google_bigquery_routine.tokenize_posts[0].remote_function_options[0].max_batching_rows) * 202000 * 6 < 32 * 1024 * 1024
    error_message = "A batch of the longest posts is larger than Cloud Run takes."
  }
  assert {
    condition     = strcontains(google_bigquery_data_transfer_config.fill_post_tokens[0].params.query, "features = '${google_bigquery_routine.tokenize_posts[0].remote_function_options[0].user_defined_context.features}'")
    error_message = "Tokens are kept under the name of other features than they are made by."
  }
  assert {
    condition     = strcontains(google_bigquery_data_transfer_config.fill_post_tokens[0].params.query, "`sekisho-test.sekisho.tokenize_posts`(title, body)") && strcontains(google_bigquery_data_transfer_config.fill_post_tokens[0].params.query, "INTERVAL 98 DAY") && !strcontains(google_bigquery_data_transfer_config.fill_post_tokens[0].params.query, "$")
    error_message = "The query is not filled in, or looks back less than training's window."
  }
  assert {
    condition     = google_bigquery_data_transfer_config.fill_post_tokens[0].schedule == "every 6 hours" && google_bigquery_data_transfer_config.fill_post_tokens[0].service_account_name == google_service_account.tokens[0].email && lower(google_bigquery_data_transfer_config.fill_post_tokens[0].location) == "asia-northeast1"
    error_message = "The query runs at another time, as somebody else or elsewhere."
  }
  assert {
    condition     = google_cloudfunctions2_function.function["train_spam_model"].service_config[0].environment_variables.SEKISHO_COUNTS == "bigquery"
    error_message = "The table is filled, and training does not count in it."
  }
  assert {
    condition     = google_bigquery_table_iam_member.tokens[0].table_id == "post_tokens" && google_bigquery_connection_iam_member.tokens[0].connection_id == google_bigquery_connection.tokens[0].connection_id && google_project_iam_member.tokens[0].role == "roles/bigquery.jobUser"
    error_message = "The query's account may do more than fill its table."
  }
  assert {
    condition     = length([for access in google_bigquery_dataset.sekisho.access : access if access.user_by_email == google_service_account.tokens[0].email && access.role == "READER"]) == 1
    error_message = "The query's account can't read posts, or may change them."
  }
}

run "it_rests_with_the_other_schedules" {
  variables {
    tokens_in_bigquery = {}
    schedules_paused   = true
  }
  assert {
    condition     = google_bigquery_data_transfer_config.fill_post_tokens[0].disabled
    error_message = "The query runs though schedules rest."
  }
}

run "a_schedule_of_another_kind_is_refused" {
  command = plan
  variables {
    tokens_in_bigquery = { schedule = "0 3 * * *" }
  }
  expect_failures = [var.tokens_in_bigquery]
}

run "all_features_are_counted_unless_some_are_named" {
  variables {
    tokens_in_bigquery = {}
  }
  assert {
    condition     = google_cloudfunctions2_function.function["train_spam_model"].service_config[0].environment_variables.SEKISHO_FEATURES == "words,title_words,word_pairs,structure,masks,characters"
    error_message = "Training leaves out features nobody spoke of."
  }
}

run "named_features_are_asked_for_by_training_and_made_by_the_function_under_one_name" {
  variables {
    tokens_in_bigquery = {}
    features           = ["characters", "words"]
  }
  assert {
    condition     = toset([for name in ["train_spam_model", "tokenize_posts"] : google_cloudfunctions2_function.function[name].service_config[0].environment_variables.SEKISHO_FEATURES]) == toset(["words,characters"])
    error_message = "Training and tokenising are set to different features, or not to those that were named."
  }
  assert {
    condition     = google_bigquery_routine.tokenize_posts[0].remote_function_options[0].user_defined_context.features == "words,characters" && strcontains(google_bigquery_data_transfer_config.fill_post_tokens[0].params.query, "features = 'words,characters'")
    error_message = "BigQuery fills the table with tokens that training does not count."
  }
}

run "a_feature_nobody_knows_is_refused" {
  command = plan
  variables {
    features = ["words", "wrods"]
  }
  expect_failures = [var.features]
}

run "a_feature_named_twice_is_refused" {
  command = plan
  variables {
    features = ["words", "words"]
  }
  expect_failures = [var.features]
}
