# Containers only: versions are added by hand (the output `add_secrets` says how), so that no value is ever in a
# state file. A secret that the settings make unnecessary is not made, and not mounted.
locals {
  all_secrets = {
    SEKISHO_MODEL_KEY      = true                        # seals models: at least 16 bytes, random
    SEKISHO_WEBHOOK_SECRET = true                        # what the platform signs webhooks with: whsec_ and base64
    SEKISHO_PLATFORM_TOKEN = var.takedowns == "platform" # bearer token of the platform's API
    SEKISHO_SLACK_TOKEN    = var.alerts == "slack"       # bot token, xoxb-…
  }
  secrets = { for name, is_needed in local.all_secrets : name => lower(replace(name, "_", "-")) if is_needed }
  secret_readers = merge([
    for name, function in local.functions : {
      for secret in setintersection(function.secrets, keys(local.secrets)) : "${name}/${secret}" => { function = name, secret = secret }
    }
  ]...)
}

resource "google_secret_manager_secret" "secret" {
  for_each            = local.secrets
  secret_id           = each.value
  deletion_protection = local.deletion_protection

  replication {
    user_managed {
      replicas {
        location = var.location
        dynamic "customer_managed_encryption" {
          for_each = var.kms_key[*]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.service_agent]
}

# secretAccessor, on the one secret: reading its value as an instance starts. Nobody else is given it here.
resource "google_secret_manager_secret_iam_member" "reader" {
  for_each  = local.secret_readers
  secret_id = google_secret_manager_secret.secret[each.value.secret].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member
}
