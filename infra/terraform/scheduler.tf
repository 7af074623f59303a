# Scheduler's jobs. A job that is still retrying when its next time comes skips that one.
locals {
  jobs = merge([
    for name, function in local.scheduled : {
      for schedule, job in function.schedules : "${local.service_names[name]}-${replace(schedule, "_", "-")}" => merge({ body = {} }, job, { function = name })
    }
  ]...)
}

# Calls scheduled functions; may do nothing else.
resource "google_service_account" "scheduler" {
  account_id   = "sekisho-scheduler"
  display_name = "Sekisho: Scheduler's jobs"
}

resource "google_cloud_scheduler_job" "job" {
  for_each    = local.jobs
  name        = each.key
  region      = var.location
  description = local.functions[each.value.function].description
  schedule    = each.value.cron
  time_zone   = var.time_zone
  paused      = var.schedules_paused

  # A little longer than the function may take: given up earlier, it would be called again while it still works.
  attempt_deadline = "${local.functions[each.value.function].timeout + 15}s"

  http_target {
    uri         = google_cloudfunctions2_function.function[each.value.function].service_config[0].uri
    http_method = "POST"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode(each.value.body))
    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = google_cloudfunctions2_function.function[each.value.function].service_config[0].uri
    }
  }
  retry_config {
    retry_count          = 3
    min_backoff_duration = "60s"
    max_backoff_duration = "600s"
    max_doublings        = 3
  }

  depends_on = [google_project_service.api]
}
