# What operators are told of.
mock_provider "google" {}

variables {
  project          = "sekisho-test"
  environment      = "prod"
  packages         = "tests/packages"
  takedowns        = "platform"
  platform_url     = "https://platform.example.com/api"
  alerts           = "slack"
  watched_datasets = ["ads", "costs", "marketing", "recsys"]
  alert_emails     = ["operators@example.com"]
  uptime_check     = true
  silence_hours    = 6
  budget           = { billing_account = "000000-000000-000000", amount = 500 }
}

run "every_policy_tells_what_it_means_and_what_to_do_first" {
  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.policy : can(regex("\\*\\*What it means\\.\\*\\* .{40,}\n\n\\*\\*First\\.\\*\\* .{40,}", policy.documentation[0].content))])
    error_message = "A policy does not say what it means and what to do first."
  }
  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.policy : policy.notification_channels == tolist([google_monitoring_notification_channel.email["operators@example.com"].id])])
    error_message = "A policy tells nobody."
  }
  assert {
    condition     = length(setsubtract(["failing", "errors", "dead_letters", "waiting", "not_judged", "breaker_open", "alerts_not_sent", "silence", "unreachable"], keys(google_monitoring_alert_policy.policy))) == 0
    error_message = "Something an operator must hear of is not watched."
  }
  assert {
    condition     = length([for name in keys(google_monitoring_alert_policy.policy) : name if startswith(name, "missed_")]) == length(google_cloud_scheduler_job.job)
    error_message = "A job can stop without anybody being told."
  }
  assert {
    condition = alltrue([for name, run in local.heartbeats :
      strcontains(google_monitoring_alert_policy.policy["missed_${name}"].conditions[0].condition_prometheus_query_language[0].query, "user_${google_logging_metric.metric[name].name}{")
      && strcontains(google_monitoring_alert_policy.policy["missed_${name}"].documentation[0].content, run.job)
      && contains(keys(google_cloud_scheduler_job.job), run.job)
    ])
    error_message = "A missed run is told of another metric or job than its own."
  }
  assert {
    condition     = strcontains(google_logging_metric.metric["runs_send_summary_weekly"].filter, "jsonPayload.period=\"weekly\"") && strcontains(google_logging_metric.metric["runs_send_summary_daily"].filter, "jsonPayload.period=\"daily\"")
    error_message = "A daily summary would stand for the weekly one."
  }
}

run "every_metric_is_used_and_the_dashboard_is_whole" {
  assert {
    condition = length([for metric in google_logging_metric.metric : metric.name if !strcontains(
      join("\n", concat([for policy in google_monitoring_alert_policy.policy : policy.conditions[0].condition_prometheus_query_language[0].query], [google_monitoring_dashboard.sekisho.dashboard_json])), "user_${metric.name}"
    )]) == 0
    error_message = "A log-based metric is counted for nobody."
  }
  assert {
    condition = length(setsubtract(
      [for found in regexall("user_(sekisho_[a-z_]+?)(?:_sum)?\\{", join("\n", concat([for policy in google_monitoring_alert_policy.policy : policy.conditions[0].condition_prometheus_query_language[0].query], [google_monitoring_dashboard.sekisho.dashboard_json]))) : found[0]],
      [for metric in google_logging_metric.metric : metric.name]
    )) == 0
    error_message = "A policy or panel asks for a metric that is not there."
  }
  assert {
    condition     = alltrue([for metric in google_logging_metric.metric : (metric.metric_descriptor[0].value_type == "DISTRIBUTION") == startswith(coalesce(metric.value_extractor, "none"), "EXTRACT(")])
    error_message = "A distribution has no value, or a count has one."
  }
  assert {
    condition     = length(jsondecode(google_monitoring_dashboard.sekisho.dashboard_json).mosaicLayout.tiles) == length(local.panels) && length(local.panels) >= 14
    error_message = "The dashboard is not the JSON it should be, or lacks a panel."
  }
  assert {
    condition     = alltrue([for word in ["New posts", "by action", "Takedowns", "KPI tables checked", "Alerts", "Latency", "Errors", "Dead letters"] : strcontains(google_monitoring_dashboard.sekisho.dashboard_json, word)])
    error_message = "The dashboard lacks a panel."
  }
}

run "the_webhook_is_called_from_outside_and_money_is_watched" {
  assert {
    condition     = google_monitoring_uptime_check_config.webhook[0].http_check[0].accepted_response_status_codes[0].status_value == 401 && google_monitoring_uptime_check_config.webhook[0].http_check[0].validate_ssl
    error_message = "An unsigned call that is let in would pass for health."
  }
  assert {
    condition     = google_billing_budget.budget[0].amount[0].specified_amount[0].units == "500" && length(google_billing_budget.budget[0].threshold_rules) == 4 && length(google_billing_budget.budget[0].all_updates_rule[0].monitoring_notification_channels) == 1
    error_message = "Nobody is told what it costs."
  }
  assert {
    condition     = local.labels.service == "sekisho" && local.labels.environment == "prod"
    error_message = "A bill can't be split by service and environment."
  }
}
