# What is counted of functions, from what they log (shared/logs.py): the messages below are theirs, word for word, and a
# test compares them.
locals {
  stdout = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"%s\" AND jsonPayload.message=\"%s\""

  # Every run of a scheduled function by schedule: what tells a missed one.
  heartbeats = merge([
    for name, function in local.scheduled : {
      for schedule, job in function.schedules : "runs_${name}_${schedule}" => {
        description   = "Runs of ${name} that came to their end, ${schedule}."
        filter        = join(" AND ", concat([format(local.stdout, local.service_names[name], function.heartbeat)], [for field, value in try(job.body, {}) : "jsonPayload.${field}=\"${value}\""]))
        job           = "${local.service_names[name]}-${replace(schedule, "_", "-")}"
        function      = name
        overdue_hours = job.overdue_hours
      }
    }
  ]...)

  counters = {
    posts_received    = { function = "receive_new_post", message = "post received", description = "New posts the webhook took." }
    posts_judged      = { function = "judge_post", message = "post judged", description = "Posts judged as they came, by action.", labels = { action = "EXTRACT(jsonPayload.action)" } }
    posts_not_judged  = { function = "judge_post", message = "post stored but not judged", description = "Posts that wait for a usable model or moderation file." }
    posts_buried      = { function = "judge_post", message = "post can never be judged", description = "Messages handed to the dead letters, with the reason." }
    reviews_recorded  = { function = "record_review", message = "review recorded", description = "People's answers.", labels = { answer = "EXTRACT(jsonPayload.answer)" } }
    tables_checked    = { function = "check_kpi_table", message = "table checked", description = "Days of KPI tables that were checked, by how they stand.", labels = { state = "EXTRACT(jsonPayload.state)" } }
    trainings_refused = { function = "train_spam_model", message = "training ended", where = "severity=\"WARNING\" AND jsonPayload.detector=\"bayes\"", description = "Trainings whose model was not promoted; the report says why. A challenger's are no matter." }
    breaker_opened    = { function = "judge_new_posts", message = "breaker opened", description = "Automatic takedowns stopped themselves. The name is reserved: nothing logs it yet." }
  }
  # Numbers in one entry rather than entries: a sweep says how many it took down.
  distributions = {
    takedowns_by_sweep = { function = "judge_new_posts", message = "sweep ended", field = "taken_down", description = "Takedowns a sweep carried out." }
    takedowns_at_once  = { function = "judge_post", message = "post judged", field = "outcome.taken_down", description = "Takedowns carried out as the post came." }
    verdicts_by_sweep  = { function = "judge_new_posts", message = "sweep ended", field = "take_down", description = "Verdicts of a sweep that ask for a takedown." }
  }
  of_functions = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(${join(" OR ", [for service in values(local.service_names) : "\"${service}\""])})"
  metrics = merge(
    { for name, metric in local.heartbeats : name => { filter = metric.filter, description = metric.description } },
    {
      for name, metric in local.counters : name => {
        filter      = join(" AND ", compact([format(local.stdout, local.service_names[metric.function], metric.message), try(metric.where, "")]))
        description = metric.description
        labels      = try(metric.labels, {})
      }
    },
    {
      for name, metric in local.distributions : name => {
        filter      = "${format(local.stdout, local.service_names[metric.function], metric.message)} AND jsonPayload.${metric.field}>0"
        description = metric.description
        value       = "EXTRACT(jsonPayload.${metric.field})"
      }
    },
    {
      errors          = { filter = "${local.of_functions} AND severity>=ERROR AND jsonPayload.logger:\"sekisho.\"", description = "What functions logged for somebody to fix." }
      alerts_not_sent = { filter = "${local.of_functions} AND jsonPayload.message=\"alert not sent\"", description = "Alerts and summaries Slack did not take; tried again at the next run." }
      refused_calls   = { filter = "${local.of_functions} AND jsonPayload.message=\"signature refused\"", description = "Webhook calls without a valid signature." }
    },
  )

  # A metric's name in PromQL.
  promql = { for name in keys(local.metrics) : name => "logging_googleapis_com:user_sekisho_${name}" }
  run    = "monitored_resource=\"cloud_run_revision\""
  pushes = "monitored_resource=\"pubsub_subscription\",subscription_id=~\"${join("|", [for name in keys(local.subscribed) : local.service_names[name]])}\""
  dead   = "monitored_resource=\"pubsub_subscription\",subscription_id=~\"${join("|", [for topic in local.topics : "${topic}-dead"])}\""
}

resource "google_logging_metric" "metric" {
  for_each         = local.metrics
  name             = "sekisho_${each.key}"
  description      = each.value.description
  filter           = each.value.filter
  value_extractor  = try(each.value.value, null)
  label_extractors = try(each.value.labels, {})

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = can(each.value.value) ? "DISTRIBUTION" : "INT64"
    unit        = "1"
    dynamic "labels" {
      for_each = try(each.value.labels, {})
      content {
        key = labels.key
      }
    }
  }

  depends_on = [google_project_service.api]
}
