# What starts functions, what they are told, and what happens to what they can't handle.
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

run "every_job_calls_an_existing_function" {
  assert {
    condition     = alltrue([for name, job in google_cloud_scheduler_job.job : contains([for function in google_cloudfunctions2_function.function : function.service_config[0].uri], job.http_target[0].uri)])
    error_message = "A job calls something that is no function."
  }
  assert {
    condition     = alltrue([for name, job in google_cloud_scheduler_job.job : job.http_target[0].uri == google_cloudfunctions2_function.function[local.jobs[name].function].service_config[0].uri && startswith(name, google_cloudfunctions2_function.function[local.jobs[name].function].name)])
    error_message = "A job calls another function than its name says."
  }
  assert {
    condition     = toset([for name, job in google_cloud_scheduler_job.job : "${name} ${job.schedule} ${base64decode(job.http_target[0].body)}"]) == toset(["train-spam-model-daily 30 3 * * * {}", "judge-new-posts-half-hourly */30 * * * * {}", "check-kpis-hourly 5 * * * * {}", "send-summary-daily 30 10 * * * {\"period\":\"daily\"}", "send-summary-weekly 0 11 * * 1 {\"period\":\"weekly\"}"])
    error_message = "A schedule or what it asks for is not what the README promises."
  }
  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.job : job.http_target[0].oidc_token[0].service_account_email == google_service_account.scheduler.email && job.http_target[0].oidc_token[0].audience == job.http_target[0].uri && job.http_target[0].http_method == "POST"])
    error_message = "A job has no identity, or one for another audience."
  }
  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.job : job.time_zone == "Asia/Tokyo" && job.retry_config[0].retry_count == 3 && !job.paused])
    error_message = "A job runs by another clock, is never tried again, or rests."
  }
  assert {
    condition     = alltrue([for name, job in google_cloud_scheduler_job.job : tonumber(trimsuffix(job.attempt_deadline, "s")) > local.functions[local.jobs[name].function].timeout && tonumber(trimsuffix(job.attempt_deadline, "s")) <= 1800])
    error_message = "Scheduler gives a call up while the function may still work, or asks for more than half an hour."
  }
}

run "schedules_can_rest" {
  variables {
    schedules_paused = true
  }
  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.job : job.paused]) && alltrue([for name, policy in google_monitoring_alert_policy.policy : !policy.enabled if startswith(name, "missed_")])
    error_message = "A job does not rest, or is missed though it does."
  }
}

run "every_message_is_pushed_or_kept" {
  assert {
    condition     = { for name, push in google_pubsub_subscription.push : name => push.topic } == { for name, function in local.subscribed : name => google_pubsub_topic.topic[function.topic.name].id } && length(google_pubsub_subscription.push) == 2
    error_message = "A topic's function has no subscription to it."
  }
  assert {
    condition     = alltrue([for name, push in google_pubsub_subscription.push : try(push.dead_letter_policy[0].dead_letter_topic, "") == google_pubsub_topic.topic["${local.functions[name].topic.name}-dead"].id])
    error_message = "A push subscription has no dead letter, or another topic's."
  }
  assert {
    condition     = alltrue([for name, function in local.subscribed : google_pubsub_subscription.dead[function.topic.name].topic == google_pubsub_topic.topic["${function.topic.name}-dead"].id && google_pubsub_subscription.dead[function.topic.name].message_retention_duration == "2678400s"])
    error_message = "Dead letters are kept by nobody, or not for 31 days."
  }
  assert {
    condition     = alltrue([for subscription in concat(values(google_pubsub_subscription.push), values(google_pubsub_subscription.dead)) : subscription.expiration_policy[0].ttl == ""])
    error_message = "A subscription nobody uses for a month is deleted, with what it holds."
  }
  assert {
    condition     = alltrue([for name, function in local.subscribed : google_pubsub_topic_iam_member.dead_letters[function.topic.name].role == "roles/pubsub.publisher" && google_pubsub_topic_iam_member.dead_letters[function.topic.name].topic == "${function.topic.name}-dead" && google_pubsub_subscription_iam_member.dead_letters[name].role == "roles/pubsub.subscriber" && google_pubsub_subscription_iam_member.dead_letters[name].subscription == google_pubsub_subscription.push[name].name])
    error_message = "Pub/Sub may not move a message to the dead letters."
  }
  assert {
    condition     = google_cloudfunctions2_function.function["judge_post"].service_config[0].environment_variables["SEKISHO_DEAD_POSTS_TOPIC"] == google_pubsub_topic.topic["new-posts-dead"].name
    error_message = "judge_post buries what can't be judged elsewhere than Pub/Sub does."
  }
  assert {
    condition     = alltrue([for name, push in google_pubsub_subscription.push : push.ack_deadline_seconds >= google_cloudfunctions2_function.function[name].service_config[0].timeout_seconds && push.ack_deadline_seconds <= 600])
    error_message = "A message is brought again while its function may still work on it."
  }
  assert {
    condition     = google_pubsub_subscription.push["check_kpi_table"].ack_deadline_seconds == 600
    error_message = "A table's check has less than the ten minutes it may need."
  }
  assert {
    condition     = (google_pubsub_subscription.push["judge_post"].dead_letter_policy[0].max_delivery_attempts - 1) * tonumber(trimsuffix(google_pubsub_subscription.push["judge_post"].retry_policy[0].minimum_backoff, "s")) > 1800
    error_message = "A judged post whose takedown is due can end among the dead letters before the sweep has seen to it."
  }
  assert {
    condition     = alltrue([for name in ["check_kpi_table", "send_summary"] : google_cloudfunctions2_function.function[name].service_config[0].timeout_seconds < 600])
    error_message = "A function that sends alerts may run longer than its claim on an alert holds (10 minutes)."
  }
  assert {
    condition     = tonumber(google_cloudfunctions2_function.function["judge_new_posts"].service_config[0].environment_variables["SEKISHO_RUN_SECONDS"]) <= google_cloudfunctions2_function.function["judge_new_posts"].service_config[0].timeout_seconds - 60
    error_message = "A sweep is cut off in the middle of what it began."
  }
  assert {
    condition     = alltrue([for name, push in google_pubsub_subscription.push : push.push_config[0].push_endpoint == "${google_cloudfunctions2_function.function[name].service_config[0].uri}/projects/sekisho-test/topics/${local.functions[name].topic.name}"])
    error_message = "The path does not name the topic: the event would have no source."
  }
  assert {
    condition     = alltrue([for name, push in google_pubsub_subscription.push : push.push_config[0].oidc_token[0].audience == google_cloudfunctions2_function.function[name].service_config[0].uri && push.push_config[0].oidc_token[0].service_account_email == google_service_account.pusher.email])
    error_message = "Cloud Run would refuse the push: its audience is the service's URL without a path."
  }
  assert {
    condition     = google_service_account_iam_member.pusher_tokens.service_account_id == google_service_account.pusher.name && google_service_account_iam_member.pusher_tokens.role == "roles/iam.serviceAccountOpenIdTokenCreator"
    error_message = "Pub/Sub may not make the tokens it pushes with."
  }
}

run "a_function_is_its_folder_and_its_own_package" {
  assert {
    condition     = alltrue([for name, function in google_cloudfunctions2_function.function : function.build_config[0].entry_point == name && function.name == replace(name, "_", "-") && function.build_config[0].runtime == "python313"])
    error_message = "A function runs another's code, or another Python than is pinned."
  }
  assert {
    condition     = alltrue([for name, function in google_cloudfunctions2_function.function : function.build_config[0].source[0].storage_source[0].object == "${name}-00000000.zip" && function.build_config[0].source[0].storage_source[0].bucket == google_storage_bucket.bucket["packages"].name])
    error_message = "A function is built from another archive than its own, or from one without its hash."
  }
  assert {
    condition     = alltrue([for name in ["check_kpi_table", "send_summary"] : google_cloudfunctions2_function.function[name].service_config[0].environment_variables["MPLCONFIGDIR"] == "/tmp/matplotlib"])
    error_message = "matplotlib has nowhere to write: every cold start builds its font cache anew."
  }
  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.function : function.service_config[0].environment_variables["THREADS"] == tostring(function.service_config[0].max_instance_request_concurrency)])
    error_message = "Cloud Run sends more at once than the function has threads for."
  }
}

run "an_environment_can_change_a_size_and_a_setting" {
  variables {
    sizes         = { judge_post = { memory = "2Gi", max_instances = 50 } }
    tuning        = { training_lag_days = 7 }
    language      = "ja"
    vpc_connector = "projects/sekisho-test/locations/asia-northeast1/connectors/out"
    code_revision = "abc1234"
  }
  assert {
    condition     = google_cloudfunctions2_function.function["judge_post"].service_config[0].available_memory == "2Gi" && google_cloudfunctions2_function.function["judge_post"].service_config[0].max_instance_count == 50 && google_cloudfunctions2_function.function["judge_post"].service_config[0].max_instance_request_concurrency == 4
    error_message = "A size is not taken, or takes others with it."
  }
  assert {
    condition     = google_cloudfunctions2_function.function["train_spam_model"].service_config[0].environment_variables["SEKISHO_TRAINING_LAG_DAYS"] == "7" && google_cloudfunctions2_function.function["train_spam_model"].service_config[0].environment_variables["SEKISHO_CODE_REVISION"] == "abc1234" && google_cloudfunctions2_function.function["send_summary"].service_config[0].environment_variables["SEKISHO_LANGUAGE"] == "ja"
    error_message = "A setting does not reach the function that reads it."
  }
  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.function : function.service_config[0].vpc_connector == "projects/sekisho-test/locations/asia-northeast1/connectors/out" && function.service_config[0].vpc_connector_egress_settings == "ALL_TRAFFIC"])
    error_message = "A function goes out past the connector."
  }
}

run "nothing_is_asked_of_takedowns_but_what_functions_ask_by_themselves" {
  assert {
    condition     = google_cloudfunctions2_function.function["train_spam_model"].service_config[0].environment_variables.SEKISHO_TAKE_DOWN_PRECISION == "" && google_cloudfunctions2_function.function["train_spam_model"].service_config[0].environment_variables.SEKISHO_MAX_WRONG_TAKEDOWNS_PER_DAY == ""
    error_message = "A precision or a number is asked for that nobody named, and would hold besides the other."
  }
}

run "a_number_of_wrong_takedowns_a_day_is_asked_for_alone" {
  variables {
    tuning = { max_wrong_takedowns_per_day = 2.5 }
  }
  assert {
    condition     = google_cloudfunctions2_function.function["train_spam_model"].service_config[0].environment_variables.SEKISHO_TAKE_DOWN_PRECISION == "" && google_cloudfunctions2_function.function["train_spam_model"].service_config[0].environment_variables.SEKISHO_MAX_WRONG_TAKEDOWNS_PER_DAY == "2.5"
    error_message = "It is not asked for, or a precision besides it."
  }
}

run "both_are_asked_for_where_both_are_named" {
  variables {
    tuning = { take_down_precision = 0.95, max_wrong_takedowns_per_day = 2 }
  }
  assert {
    condition     = google_cloudfunctions2_function.function["train_spam_model"].service_config[0].environment_variables.SEKISHO_TAKE_DOWN_PRECISION == "0.95" && google_cloudfunctions2_function.function["train_spam_model"].service_config[0].environment_variables.SEKISHO_MAX_WRONG_TAKEDOWNS_PER_DAY == "2"
    error_message = "One of them is not asked for."
  }
}

run "a_precision_functions_would_refuse_is_refused_here" {
  command = plan
  variables {
    tuning = { take_down_precision = 0.99995 }
  }
  expect_failures = [var.tuning]
}

run "a_number_functions_would_refuse_is_refused_here" {
  command = plan
  variables {
    tuning = { max_wrong_takedowns_per_day = 0 }
  }
  expect_failures = [var.tuning]
}
