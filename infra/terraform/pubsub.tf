# Topics, each with one for its dead letters; subscriptions that push to functions.
#
# Push subscriptions of our own rather than Eventarc's triggers, whose subscription is nobody's to configure: the dead
# letter, the backoff and the ack deadline are what keeps a post from being lost. The wrapped push body is what
# functions-framework makes a CloudEvent of; the path names the topic, which becomes the event's source. A function
# marked @functions_framework.cloud_event is one also where it is deployed without a trigger.
locals {
  topics = toset([for function in values(local.subscribed) : function.topic.name])
  publishers = merge([
    for name, function in local.functions : {
      for topic in function.publishes : "${name}/${topic}" => { function = name, topic = topic }
    }
  ]...)
}

resource "google_pubsub_topic" "topic" {
  for_each                   = setunion(local.topics, [for topic in local.topics : "${topic}-dead"])
  name                       = each.value
  kms_key_name               = var.kms_key
  message_retention_duration = "604800s" # a week in which a subscription can be rewound

  message_storage_policy {
    allowed_persistence_regions = [var.location]
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.service_agent]
}

# Calls the functions of subscriptions; may do nothing else.
resource "google_service_account" "pusher" {
  account_id   = "sekisho-pubsub"
  display_name = "Sekisho: Pub/Sub's pushes"
}

resource "google_pubsub_subscription" "push" {
  for_each                   = local.subscribed
  name                       = local.service_names[each.key]
  topic                      = google_pubsub_topic.topic[each.value.topic.name].id
  ack_deadline_seconds       = each.value.topic.ack_deadline
  message_retention_duration = "604800s" # a week: whatever is down is up by then
  labels                     = { function = local.service_names[each.key] }

  push_config {
    push_endpoint = "${google_cloudfunctions2_function.function[each.key].service_config[0].uri}/projects/${var.project}/topics/${each.value.topic.name}"
    oidc_token {
      service_account_email = google_service_account.pusher.email
      audience              = google_cloudfunctions2_function.function[each.key].service_config[0].uri # without the path: what Cloud Run checks
    }
  }
  retry_policy {
    minimum_backoff = "${each.value.topic.shortest_backoff}s"
    maximum_backoff = "${each.value.topic.longest_backoff}s"
  }
  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.topic["${each.value.topic.name}-dead"].id
    max_delivery_attempts = each.value.topic.max_delivery_attempts
  }
  expiration_policy {
    ttl = "" # never
  }

  depends_on = [google_pubsub_topic_iam_member.dead_letters]
}

# Keeps dead letters until somebody has looked: 31 days, the longest there is.
resource "google_pubsub_subscription" "dead" {
  for_each                   = local.topics
  name                       = "${each.value}-dead"
  topic                      = google_pubsub_topic.topic["${each.value}-dead"].id
  ack_deadline_seconds       = 600 # whoever reads them by hand takes his time
  message_retention_duration = "2678400s"
  expiration_policy {
    ttl = ""
  }
}

# publisher on the one topic.
resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = local.publishers
  topic    = google_pubsub_topic.topic[each.value.topic].name
  role     = "roles/pubsub.publisher"
  member   = google_service_account.function[each.value.function].member
}

# publisher for operators, on the topics functions ask each other over: `sekisho check` asks for a table's days.
resource "google_pubsub_topic_iam_member" "operator" {
  for_each = var.operators
  topic    = google_pubsub_topic.topic[local.registry.check_kpi_table.topic.name].name
  role     = "roles/pubsub.publisher"
  member   = each.value
}

# Pub/Sub itself moves a message to the dead letters: it publishes there, and acknowledges where it came from.
resource "google_pubsub_topic_iam_member" "dead_letters" {
  for_each = local.topics
  topic    = google_pubsub_topic.topic["${each.value}-dead"].name
  role     = "roles/pubsub.publisher"
  member   = "serviceAccount:${local.service_agents.pubsub}"
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  for_each     = local.subscribed
  subscription = google_pubsub_subscription.push[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = "serviceAccount:${local.service_agents.pubsub}"
}

# OpenIdTokenCreator on the one account: Pub/Sub makes the tokens it pushes with. Newer projects' agents may already.
resource "google_service_account_iam_member" "pusher_tokens" {
  service_account_id = google_service_account.pusher.name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = "serviceAccount:${local.service_agents.pubsub}"
}
