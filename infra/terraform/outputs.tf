output "webhook_urls" {
  description = "What the platform is told to call."
  value = {
    for name, function in local.webhooks : name => (
      var.load_balancer == null
      ? "${google_cloudfunctions2_function.function[name].service_config[0].uri}${function.webhook}"
      : "https://${var.load_balancer.domain}${function.webhook}"
    )
  }
}

output "load_balancer_address" {
  description = "What the domain's A record must say, with the load balancer; its certificate comes some time after."
  value       = one(google_compute_global_address.webhooks[*].address)
}

output "function_urls" {
  description = "What scheduled functions are called at, by operators, with an identity token."
  value       = { for name in keys(local.scheduled) : name => google_cloudfunctions2_function.function[name].service_config[0].uri }
}

output "service_accounts" {
  description = "Whom to give leave to anything outside this project, such as watched datasets elsewhere."
  value       = { for name, account in google_service_account.function : name => account.email }
}

output "buckets" {
  description = "Bucket of each kind."
  value       = local.bucket_names
}

output "dead_letters" {
  description = "The subscriptions dead letters are kept in."
  value       = [for subscription in google_pubsub_subscription.dead : subscription.name]
}

output "add_secrets" {
  description = "How each secret gets its value. `-n` matters: a line break at the end is refused. Needed before functions can be deployed."
  value = {
    for name, secret in local.secrets : name => (
      name == "SEKISHO_MODEL_KEY" ? "openssl rand -hex 32 | tr -d '\\n' | gcloud secrets versions add ${secret} --project ${var.project} --data-file=-"
      : "read -rs VALUE && echo -n \"$VALUE\" | gcloud secrets versions add ${secret} --project ${var.project} --data-file=-"
    )
  }
}

output "next_steps" {
  description = "After the first apply, in this order."
  value = [
    "gcloud scheduler jobs run train-spam-model-daily --project ${var.project} --location ${var.location}   # the first model, once there are labels; missed-run alerts close as jobs run",
    "gcloud scheduler jobs run check-kpis-hourly --project ${var.project} --location ${var.location}",
    "gcloud logging read 'resource.type=\"cloud_run_revision\" severity>=WARNING' --project ${var.project} --freshness 1h",
    "gcloud storage cp FILE gs://${local.bucket_names.configuration}/moderation.yaml   # in a hurry only, with mode: review; then the same in Git, or the next apply puts it back",
  ]
}
