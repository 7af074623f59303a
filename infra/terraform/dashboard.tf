# What operators see: both halves of the checkpoint on one page.
locals {
  by_service = "{${local.run},service_name=~\"${join("|", values(local.service_names))}\"}"
  panels = [
    { title = "New posts an hour", query = "sum(increase(${local.promql.posts_received}{${local.run}}[1h]))" },
    { title = "Verdicts an hour, by action", query = "sum by (action) (increase(${local.promql.posts_judged}{${local.run}}[1h]))" },
    { title = "Verdicts of sweeps that ask for a takedown, an hour", query = "sum(increase(${local.promql.verdicts_by_sweep}_sum{${local.run}}[1h]))" },
    { title = "Takedowns an hour: as posts came", query = "sum(increase(${local.promql.takedowns_at_once}_sum{${local.run}}[1h]))" },
    { title = "Takedowns an hour: by sweeps", query = "sum(increase(${local.promql.takedowns_by_sweep}_sum{${local.run}}[1h]))" },
    { title = "People's answers an hour", query = "sum by (answer) (increase(${local.promql.reviews_recorded}{${local.run}}[1h]))" },
    { title = "Posts that could not be judged, an hour", query = "sum(increase(${local.promql.posts_not_judged}{${local.run}}[1h])) + sum(increase(${local.promql.posts_buried}{${local.run}}[1h]))" },
    { title = "Days of KPI tables checked an hour, by how they stand", query = "sum by (state) (increase(${local.promql.tables_checked}{${local.run}}[1h]))" },
    { title = "Alerts not sent, an hour", query = "sum(increase(${local.promql.alerts_not_sent}{${local.run}}[1h]))" },
    { title = "Trainings refused a day", query = "sum(increase(${local.promql.trainings_refused}{${local.run}}[24h]))" },
    { title = "Latency by function, 95th percentile, ms", query = "histogram_quantile(0.95, sum by (le, service_name) (rate(run_googleapis_com:request_latencies_bucket${local.by_service}[10m])))" },
    { title = "Answers by function and class", query = "sum by (service_name, response_code_class) (rate(run_googleapis_com:request_count${local.by_service}[10m]))" },
    { title = "Errors logged an hour, by function", query = "sum by (service_name) (increase(${local.promql.errors}{${local.run}}[1h]))" },
    { title = "Oldest message that waits, seconds", query = "max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{${local.pushes}})" },
    { title = "Dead letters", query = "max by (subscription_id) (pubsub_googleapis_com:subscription_num_undelivered_messages{${local.dead}})" },
    { title = "Instances by function", query = "sum by (service_name) (run_googleapis_com:container_instance_count${local.by_service})" },
  ]
}

resource "google_monitoring_dashboard" "sekisho" {
  dashboard_json = templatefile("${path.module}/dashboard.json.tftpl", { environment = var.environment, panels = local.panels })

  depends_on = [google_logging_metric.metric]
}
