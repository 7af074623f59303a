# The option: one HTTPS address for the webhooks, a rate limit per client, and no other way in.
locals {
  balanced = var.load_balancer == null ? {} : local.webhooks
}

resource "google_compute_global_address" "webhooks" {
  count = var.load_balancer == null ? 0 : 1
  name  = "sekisho-webhooks"

  depends_on = [google_project_service.api]
}

resource "google_compute_region_network_endpoint_group" "webhook" {
  for_each              = local.balanced
  name                  = "sekisho-${local.service_names[each.key]}"
  region                = var.location
  network_endpoint_type = "SERVERLESS"
  cloud_run {
    service = google_cloudfunctions2_function.function[each.key].name
  }
}

resource "google_compute_security_policy" "webhooks" {
  #checkov:skip=CKV_GCP_73:that rule finds an exploit of Log4j; nothing here runs on Java
  count       = var.load_balancer == null ? 0 : 1
  name        = "sekisho-webhooks"
  description = "The platform only, and not more often than it has reason to."

  rule {
    action      = "throttle"
    priority    = 1000
    description = "At most so many requests a minute from one address; the platform sends again what is refused."
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = length(var.load_balancer.sources) == 0 ? ["*"] : var.load_balancer.sources
      }
    }
    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"
      rate_limit_threshold {
        count        = var.load_balancer.requests_per_minute
        interval_sec = 60
      }
    }
  }
  rule {
    action      = "deny(403)"
    priority    = 2147483647
    description = "Whoever is not the platform, where its addresses are known."
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }
}

resource "google_compute_backend_service" "webhook" {
  for_each              = local.balanced
  name                  = "sekisho-${local.service_names[each.key]}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  security_policy       = google_compute_security_policy.webhooks[0].id
  backend {
    group = google_compute_region_network_endpoint_group.webhook[each.key].id
  }
  log_config {
    enable      = true
    sample_rate = 1
  }
}

resource "google_compute_url_map" "webhooks" {
  count = var.load_balancer == null ? 0 : 1
  name  = "sekisho-webhooks"
  # Whatever is no webhook's path goes to one as well: it refuses what is not signed, like anything else.
  default_service = google_compute_backend_service.webhook[keys(local.webhooks)[0]].id
  host_rule {
    hosts        = [var.load_balancer.domain]
    path_matcher = "webhooks"
  }
  path_matcher {
    name            = "webhooks"
    default_service = google_compute_backend_service.webhook[keys(local.webhooks)[0]].id
    dynamic "path_rule" {
      for_each = local.webhooks
      content {
        paths   = [path_rule.value.webhook]
        service = google_compute_backend_service.webhook[path_rule.key].id
      }
    }
  }
}

resource "google_compute_managed_ssl_certificate" "webhooks" {
  count = var.load_balancer == null ? 0 : 1
  name  = "sekisho-webhooks"
  managed {
    domains = [var.load_balancer.domain]
  }
}

resource "google_compute_ssl_policy" "webhooks" {
  count           = var.load_balancer == null ? 0 : 1
  name            = "sekisho-webhooks"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
}

resource "google_compute_target_https_proxy" "webhooks" {
  count            = var.load_balancer == null ? 0 : 1
  name             = "sekisho-webhooks"
  url_map          = google_compute_url_map.webhooks[0].id
  ssl_certificates = [google_compute_managed_ssl_certificate.webhooks[0].id]
  ssl_policy       = google_compute_ssl_policy.webhooks[0].id
}

resource "google_compute_global_forwarding_rule" "webhooks" {
  count                 = var.load_balancer == null ? 0 : 1
  name                  = "sekisho-webhooks"
  target                = google_compute_target_https_proxy.webhooks[0].id
  ip_address            = google_compute_global_address.webhooks[0].id
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}
