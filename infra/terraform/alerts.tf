# What operators are told of, and how: when something is wrong, unreachable or dear.
resource "google_monitoring_notification_channel" "email" {
  for_each     = var.alert_emails
  display_name = "Sekisho: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }
}

locals {
  told = concat([for channel in google_monitoring_notification_channel.email : channel.id], var.notification_channels)
  logs = "https://console.cloud.google.com/logs/query;query=resource.type%3D%22cloud_run_revision%22%20severity%3E%3DWARNING?project=${var.project}"

  # One entry is one alert policy: a PromQL query that gives a row when something is wrong, for how long it must, and
  # what an operator reads: what it means, then the first thing to do.
  alert_policies = merge(
    {
      for name, run in local.heartbeats : "missed_${name}" => {
        title    = "${run.job} did not run"
        severity = "ERROR"
        query    = "(sum(increase(${local.promql[name]}{${local.run}}[${run.overdue_hours}h])) or vector(0)) < 0.5"
        meaning  = "No run of `${run.function}` came to its end for ${run.overdue_hours} hours: it fails, it is not called, or it never was (after a first deployment)."
        first    = "Call it: `gcloud scheduler jobs run ${run.job} --location ${var.location}`, then read its log. A 500 there names what must be fixed; a 503 passes by itself."
        enabled  = !var.schedules_paused
      }
    },
    {
      failing = {
        title    = "A function answers 5xx"
        severity = "ERROR"
        query    = "sum by (service_name) (increase(run_googleapis_com:request_count{${local.run},service_name=~\"${join("|", values(local.service_names))}\",response_code_class=\"5xx\"}[30m])) > 3"
        meaning  = "More than 3 calls in half an hour failed, or were told to come again (503). Callers repeat: nothing is lost yet."
        first    = "Read the function's log. `not done: to be called again` names what is down: BigQuery, Cloud Storage or the platform. Memory exceeded: raise it in var.sizes."
      }
      errors = {
        title    = "A function logged an error"
        severity = "WARNING"
        query    = "sum by (service_name) (increase(${local.promql.errors}{${local.run}}[15m])) > 0"
        meaning  = "Something that does not pass by itself: a wrong setting, a refused row, a restore the platform refused, a KPI table that can't be checked."
        first    = "Read the entry: its message says what was expected, what came and where. A refused restore needs a person's `ok` once more."
      }
      dead_letters = {
        title    = "Messages lie among the dead letters"
        severity = "ERROR"
        query    = "max by (subscription_id) (pubsub_googleapis_com:subscription_num_undelivered_messages{${local.dead}}) > 0"
        meaning  = "A message could never be handled (its attribute `reason` says why), or was given up after hours. They are kept for 31 days."
        first    = "Look: `gcloud pubsub subscriptions pull new-posts-dead --limit 10`. What was given up in an outage is published anew to the topic; what can never be judged is acknowledged (`--auto-ack`)."
      }
      waiting = {
        title    = "Messages wait for more than an hour"
        severity = "ERROR"
        query    = "max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{${local.pushes}}) > 3600"
        duration = "300s"
        meaning  = "Posts or KPI checks are taken in but not handled: the function fails, or there are too few instances of it."
        first    = "Is `A function answers 5xx` open too? Then that first. If not, raise max_instances in var.sizes. After 16 hours posts become dead letters."
      }
      not_judged = {
        title    = "Posts are stored but not judged"
        severity = "ERROR"
        query    = "sum(increase(${local.promql.posts_not_judged}{${local.run}}[15m])) > 0"
        meaning  = "There is no usable model, or the moderation file is broken. Posts are kept, and judged by the sweep as soon as there is."
        first    = "The entry's `error` says which. No model: `gcloud scheduler jobs run train-spam-model-daily --location ${var.location}`. A broken model: put `models/bayes/current.json` back to its version before (the bucket keeps it)."
      }
      breaker_open = {
        title    = "The breaker is open: no automatic takedowns"
        severity = "CRITICAL"
        query    = "sum(increase(${local.promql.breaker_opened}{${local.run}}[1h])) > 0"
        meaning  = "Takedowns looked wrong and stopped themselves. Posts are still judged; what asks for a takedown waits for people."
        first    = "Read the newest takedowns and their reasons (`takedowns_latest`, `verdicts_latest`). If they are wrong set `mode: review`, and go back to an older model."
      }
      alerts_not_sent = {
        title    = "Alerts can't be sent"
        severity = "ERROR"
        query    = "sum(increase(${local.promql.alerts_not_sent}{${local.run}}[1h])) > 0"
        duration = "3600s"
        meaning  = "Slack did not take KPI alerts or summaries for an hour. They are kept, and sent at the next run that reaches it."
        first    = "The entry's `error` is Slack's answer: a token that was revoked, a channel the bot is not in. `state: refused` is never tried again by itself."
      }
      forged = {
        title    = "Many webhook calls are not signed"
        severity = "WARNING"
        query    = "sum(increase(${local.promql.refused_calls}{${local.run}}[15m])) > 50"
        meaning  = "Somebody calls the webhooks without the secret, or the platform signs with another one than is mounted. Nothing of it is let in."
        first    = "Do new posts still come (dashboard)? If not, compare the secrets: the platform's and `sekisho-webhook-secret`. If so it is noise: limit it by var.load_balancer."
      }
    },
    var.silence_hours == null ? {} : {
      silence = {
        title    = "No new posts"
        severity = "ERROR"
        query    = "(sum(increase(${local.promql.posts_received}{${local.run}}[${var.silence_hours}h])) or vector(0)) < 0.5"
        meaning  = "The platform announced no post for ${var.silence_hours} hours."
        first    = "Ask whether the platform's webhooks are on, and see `Many webhook calls are not signed`. What it sends again later is judged then."
      }
    },
    !var.uptime_check ? {} : {
      unreachable = {
        title    = "The webhook can't be reached, or lets unsigned calls in"
        severity = "CRITICAL"
        query    = "avg(avg_over_time(monitoring_googleapis_com:uptime_check_check_passed{monitored_resource=\"uptime_url\",check_id=\"${google_monitoring_uptime_check_config.webhook[0].uptime_check_id}\"}[15m])) < 0.5"
        meaning  = "Called from outside without a signature, receive_new_post did not answer 401."
        first    = "Call it yourself: `curl -i` on the output webhook_urls. 401: it is the network in between. 403: the function lost its run.invoker (`terraform apply`). 2xx: set `mode: shadow` and find out why before anything else."
      }
    },
  )
}

resource "google_monitoring_alert_policy" "policy" {
  for_each              = local.alert_policies
  display_name          = "Sekisho: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  enabled               = try(each.value.enabled, true)
  notification_channels = local.told
  user_labels           = merge(local.labels, { policy = each.key })

  conditions {
    display_name = each.value.title
    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = try(each.value.duration, "0s")
      evaluation_interval       = "60s"
      disable_metric_validation = true # a metric nothing was counted for yet is unknown
    }
  }
  documentation {
    mime_type = "text/markdown"
    subject   = "[${var.environment}] Sekisho: ${each.value.title}"
    content   = "**What it means.** ${each.value.meaning}\n\n**First.** ${each.value.first}\n\n[Logs](${local.logs}) of project ${var.project}."
  }
  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_logging_metric.metric]
}

resource "google_monitoring_uptime_check_config" "webhook" {
  count        = var.uptime_check ? 1 : 0
  display_name = "Sekisho: receive_new_post refuses what is not signed"
  period       = "300s"
  timeout      = "10s"

  http_check {
    path         = local.webhooks.receive_new_post.webhook
    port         = 443
    use_ssl      = true
    validate_ssl = true
    accepted_response_status_codes {
      status_value = 401
    }
  }
  monitored_resource {
    type = "uptime_url"
    labels = {
      project_id = var.project
      host       = var.load_balancer == null ? trimprefix(google_cloudfunctions2_function.function["receive_new_post"].service_config[0].uri, "https://") : var.load_balancer.domain
    }
  }
}

resource "google_billing_budget" "budget" {
  count           = var.budget == null ? 0 : 1
  billing_account = var.budget.billing_account
  display_name    = "Sekisho ${var.environment}"

  budget_filter {
    projects = ["projects/${local.project_number}"]
  }
  amount {
    specified_amount {
      units = tostring(floor(var.budget.amount))
    }
  }
  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }
  threshold_rules {
    threshold_percent = 1.0
    spend_basis       = "FORECASTED_SPEND"
  }
  all_updates_rule {
    monitoring_notification_channels = slice(local.told, 0, min(5, length(local.told))) # no budget takes more
    disable_default_iam_recipients   = false
  }

  depends_on = [google_project_service.api]
}
