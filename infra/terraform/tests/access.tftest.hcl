# Who may do what. Mocked: nothing is made, but every value that Terraform itself computes is real.
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

run "each_function_has_its_own_account_and_only_webhooks_are_public" {
  assert {
    condition     = alltrue([for name, function in google_cloudfunctions2_function.function : function.service_config[0].service_account_email == google_service_account.function[name].email])
    error_message = "A function runs as the default account, or as another function's."
  }
  assert {
    condition     = length(distinct([for function in google_cloudfunctions2_function.function : function.service_config[0].service_account_email])) == length(local.deployed)
    error_message = "Two functions share an account."
  }
  assert {
    condition     = length(distinct([for account in google_service_account.function : account.account_id])) == length(local.deployed)
    error_message = "Two functions' accounts have one name."
  }
  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.function : function.build_config[0].service_account == google_service_account.build.id])
    error_message = "A function is built by the default account."
  }
  assert {
    condition     = toset([for name, binding in google_cloud_run_v2_service_iam_binding.caller : name if contains(binding.members, "allUsers")]) == toset(keys(local.webhooks))
    error_message = "Not exactly the webhooks may be called by everyone."
  }
  assert {
    condition     = toset(keys(local.webhooks)) == toset(["receive_new_post", "record_review"])
    error_message = "A function has become a webhook, or ceased to be one: does it check signatures?"
  }
  assert {
    condition     = alltrue([for name, function in google_cloudfunctions2_function.function : function.service_config[0].ingress_settings == (contains(keys(local.webhooks), name) ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY")])
    error_message = "A function that is no webhook can be reached from outside the project."
  }
  assert {
    condition     = alltrue([for binding in google_cloud_run_v2_service_iam_binding.caller : binding.role == "roles/run.invoker" && !contains(binding.members, "allAuthenticatedUsers")])
    error_message = "A caller may do more than call, or everyone with a Google account may."
  }
  assert {
    condition     = alltrue([for name, binding in google_cloud_run_v2_service_iam_binding.caller : binding.name == google_cloudfunctions2_function.function[name].name])
    error_message = "Callers of one function may call another."
  }
  assert {
    condition     = alltrue([for name in keys(local.scheduled) : google_cloud_run_v2_service_iam_binding.caller[name].members == toset([google_service_account.scheduler.member])])
    error_message = "Somebody besides Scheduler may call a scheduled function."
  }
  assert {
    condition     = alltrue([for name in keys(local.subscribed) : google_cloud_run_v2_service_iam_binding.caller[name].members == toset([google_service_account.pusher.member])])
    error_message = "Somebody besides Pub/Sub may call a function of a topic."
  }
}

run "operators_call_scheduled_functions_only" {
  variables {
    operators = ["group:operators@example.com"]
  }
  assert {
    condition     = toset([for name, binding in google_cloud_run_v2_service_iam_binding.caller : name if contains(binding.members, "group:operators@example.com")]) == toset(keys(local.scheduled))
    error_message = "Operators may call other functions than scheduled ones."
  }
  assert {
    condition     = alltrue([for name in keys(local.scheduled) : google_cloudfunctions2_function.function[name].service_config[0].ingress_settings == "ALLOW_ALL" && !contains(google_cloud_run_v2_service_iam_binding.caller[name].members, "allUsers")])
    error_message = "Operators can't reach scheduled functions, or everyone can."
  }
  assert {
    condition     = google_pubsub_topic_iam_member.operator["group:operators@example.com"].topic == "kpi-tables"
    error_message = "Operators can't ask for a check (`sekisho check`)."
  }
}

run "the_load_balancer_is_the_only_way_in" {
  variables {
    load_balancer = { domain = "hooks.example.com", sources = ["192.0.2.0/24"] }
  }
  assert {
    condition     = alltrue([for name, function in google_cloudfunctions2_function.function : function.service_config[0].ingress_settings != "ALLOW_ALL"])
    error_message = "A function can be reached past the load balancer."
  }
  assert {
    condition     = toset([for name, binding in google_cloud_run_v2_service_iam_binding.caller : name if contains(binding.members, "allUsers")]) == toset([for name in keys(local.webhooks) : name if google_cloudfunctions2_function.function[name].service_config[0].ingress_settings == "ALLOW_INTERNAL_AND_GCLB"])
    error_message = "What may be called by everyone is not exactly what is behind the load balancer."
  }
  assert {
    condition     = alltrue([for service in google_compute_backend_service.webhook : service.security_policy == google_compute_security_policy.webhooks[0].id]) && length(google_compute_backend_service.webhook) == length(local.webhooks)
    error_message = "A webhook is not behind Cloud Armor."
  }
  assert {
    condition     = anytrue([for rule in google_compute_security_policy.webhooks[0].rule : rule.action == "throttle" && try(rule.rate_limit_options[0].exceed_action, "") == "deny(429)" && rule.match[0].config[0].src_ip_ranges == toset(["192.0.2.0/24"])]) && anytrue([for rule in google_compute_security_policy.webhooks[0].rule : rule.action == "deny(403)" && rule.priority == 2147483647]) && length(google_compute_security_policy.webhooks[0].rule) == 2
    error_message = "There is no rate limit, or others than the platform's addresses are let in."
  }
  assert {
    condition     = toset(flatten([for rule in google_compute_url_map.webhooks[0].path_matcher[0].path_rule : rule.paths])) == toset(["/new-posts", "/reviews"]) && output.webhook_urls["record_review"] == "https://hooks.example.com/reviews"
    error_message = "A webhook has no path of its own on the load balancer."
  }
}

run "a_platform_with_an_identity_leaves_nothing_public" {
  variables {
    webhook_callers = ["serviceAccount:platform@example.iam.gserviceaccount.com"]
    load_balancer   = { domain = "hooks.example.com" }
  }
  assert {
    condition     = !anytrue([for binding in google_cloud_run_v2_service_iam_binding.caller : contains(binding.members, "allUsers")])
    error_message = "A function may be called by everyone."
  }
}

run "secrets_and_data_are_open_to_the_functions_that_need_them_alone" {
  assert {
    condition = toset([for reader in google_secret_manager_secret_iam_member.reader : "${reader.member} ${reader.secret_id}"]) == toset(flatten([
      for name, function in local.registry : [for secret in try(function.secrets, []) : "${google_service_account.function[name].member} ${google_secret_manager_secret.secret[secret].id}"]
    ]))
    error_message = "A secret is readable by others than the functions that name it, or not by those."
  }
  assert {
    condition     = alltrue([for reader in google_secret_manager_secret_iam_member.reader : reader.role == "roles/secretmanager.secretAccessor"])
    error_message = "A function may do more with a secret than read it."
  }
  assert {
    condition = alltrue([for name, function in google_cloudfunctions2_function.function :
      toset([for mounted in function.service_config[0].secret_environment_variables : mounted.key]) == toset(try(local.registry[name].secrets, []))
    ])
    error_message = "A function's mounted secrets are not those it names."
  }
  assert {
    condition     = alltrue(flatten([for function in google_cloudfunctions2_function.function : [for name in keys(function.service_config[0].environment_variables) : !contains(keys(local.all_secrets), name)]]))
    error_message = "A secret is a plain variable."
  }
  assert {
    condition = toset(concat([for member in google_project_iam_member.querying : member.role], [for member in google_project_iam_member.build : member.role])) == toset([
      "roles/bigquery.jobUser", "roles/logging.logWriter", "roles/storage.objectViewer"
    ])
    error_message = "A role is given on the whole project that none of ours needs."
  }
  assert {
    condition     = length(google_project_iam_member.build["roles/storage.objectViewer"].condition) == 1
    error_message = "The build account may read every bucket of the project."
  }
  assert {
    condition = alltrue([for access in google_bigquery_dataset.sekisho.access :
      contains(["READER", "OWNER"], access.role) && (access.role != "OWNER" || access.special_group == "projectOwners") && !contains(["allAuthenticatedUsers", "projectReaders", "projectWriters"], coalesce(access.special_group, "none")) && try(access.iam_member, "") != "allUsers"
    ])
    error_message = "The dataset is open to more than its owners and the functions that read it."
  }
  assert {
    condition     = toset([for access in google_bigquery_dataset.sekisho.access : access.user_by_email if access.role == "READER"]) == toset([for name, function in local.registry : google_service_account.function[name].email if try(function.reads_dataset, false)])
    error_message = "The dataset's readers are not the functions that say so."
  }
  assert {
    condition     = toset([for key, appender in google_bigquery_table_iam_member.appender : key if appender.table_id == "takedowns"]) == toset(["judge_new_posts/takedowns", "judge_post/takedowns", "record_review/takedowns"])
    error_message = "Others than those that take down and restore may write takedowns."
  }
  assert {
    condition     = toset(keys(google_bigquery_dataset_iam_member.watched)) == toset(["check_kpi_table/ads", "check_kpi_table/costs", "check_kpi_table/marketing", "check_kpi_table/recsys"]) && alltrue([for member in google_bigquery_dataset_iam_member.watched : member.role == "roles/bigquery.dataViewer"])
    error_message = "Watched datasets are open to others than check_kpi_table, or not to it."
  }
  assert {
    condition     = alltrue([for writer in google_storage_bucket_iam_member.writer : length(writer.condition) == 1 && can(regex("^resource.name.startsWith\\(\"projects/_/buckets/[a-z-]+/objects/[a-z_/]+/\"\\)( [|][|] resource.name.startsWith\\(\"projects/_/buckets/[a-z-]+/objects/[a-z_/]+/\"\\))*$", writer.condition[0].expression))])
    error_message = "A function may write a whole bucket."
  }
  assert {
    condition     = [for key, writer in google_storage_bucket_iam_member.writer : key if strcontains(writer.condition[0].expression, "/objects/forecasts/")] == ["check_kpi_table/state"]
    error_message = "check_kpi_table can't keep its forecasts, or another function may change them."
  }
  assert {
    condition     = !anytrue([for writer in google_storage_bucket_iam_member.writer : contains([local.bucket_names.configuration, local.bucket_names.packages], writer.bucket)])
    error_message = "A function may write its own configuration or code."
  }
  assert {
    condition     = { for key, publisher in google_pubsub_topic_iam_member.publisher : key => publisher.topic } == { "receive_new_post/new-posts" = "new-posts", "judge_post/new-posts-dead" = "new-posts-dead", "check_kpis/kpi-tables" = "kpi-tables" }
    error_message = "A function may publish where it has no business, or may not where it has."
  }
}

run "what_the_settings_make_unnecessary_is_no_secret" {
  variables {
    takedowns    = "dry_run"
    platform_url = ""
    alerts       = "console"
  }
  assert {
    condition     = toset(keys(google_secret_manager_secret.secret)) == toset(["SEKISHO_MODEL_KEY", "SEKISHO_WEBHOOK_SECRET"])
    error_message = "A secret is asked for that nothing reads, or one is missing."
  }
  assert {
    condition     = length(google_cloudfunctions2_function.function["send_summary"].service_config[0].secret_environment_variables) == 0 && google_cloudfunctions2_function.function["judge_post"].service_config[0].environment_variables["SEKISHO_TAKEDOWNS"] == "dry_run"
    error_message = "Functions are told otherwise than the variables say."
  }
}

run "a_deployer_may_act_as_each_account_there_is_and_nobody_else_may" {
  variables {
    deployer = "serviceAccount:sekisho-apply@sekisho-test.iam.gserviceaccount.com"
  }
  assert {
    condition     = toset(keys(google_service_account_iam_member.deployer)) == setunion(keys(local.deployed), ["build", "scheduler", "pusher"])
    error_message = "The deployer may not act as an account, and apply fails with it."
  }
  assert {
    condition     = alltrue([for grant in google_service_account_iam_member.deployer : grant.member == var.deployer && grant.role == "roles/iam.serviceAccountUser"])
    error_message = "Somebody else may act as a function, or the deployer may do more."
  }
}

run "without_a_deployer_nobody_acts_as_a_function" {
  assert {
    condition     = length(google_service_account_iam_member.deployer) == 0
    error_message = "Somebody may act as functions though nobody was named."
  }
}

run "operators_answer_alerts_and_change_no_other_table" {
  variables {
    operators = ["group:operators@example.com", "user:night@example.com"]
  }
  assert {
    condition     = toset([for grant in google_bigquery_table_iam_member.responder : "${grant.member} ${grant.table_id}"]) == toset([for member in var.operators : "${member} alert_responses"])
    error_message = "An operator may not answer alerts, or may write elsewhere."
  }
  assert {
    condition     = toset([for member in google_project_iam_member.operators_querying : "${member.member} ${member.role}"]) == toset([for member in var.operators : "${member} roles/bigquery.jobUser"])
    error_message = "An operator can't query, or has more than that on the project."
  }
  assert {
    condition     = length([for access in google_bigquery_dataset.sekisho.access : access if access.role == "READER" && (access.group_by_email == "operators@example.com" || access.user_by_email == "night@example.com")]) == 2
    error_message = "An operator can't read the dataset."
  }
}
