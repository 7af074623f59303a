# What the project must have before anything else: APIs, a build account, a place for images, and leave to use the key.
data "google_project" "project" {
  project_id = var.project
}

locals {
  project_number      = data.google_project.project.number
  deletion_protection = coalesce(var.deletion_protection, var.environment == "prod")

  apis = concat([
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudresourcemanager.googleapis.com", # needed to plan: enabled by hand before the first one
    "cloudscheduler.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
    ],
    var.budget == null ? [] : ["billingbudgets.googleapis.com"],
    var.kms_key == null ? [] : ["cloudkms.googleapis.com"],
    var.tokens_in_bigquery == null ? [] : ["bigqueryconnection.googleapis.com", "bigquerydatatransfer.googleapis.com"],
    var.load_balancer == null ? [] : ["compute.googleapis.com"],
    var.vpc_connector == null ? [] : ["vpcaccess.googleapis.com"],
  )

  service_agents = {
    artifactregistry = "service-${local.project_number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
    bigquery         = "bq-${local.project_number}@bigquery-encryption.iam.gserviceaccount.com"
    functions        = "service-${local.project_number}@gcf-admin-robot.iam.gserviceaccount.com"
    pubsub           = "service-${local.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    run              = "service-${local.project_number}@serverless-robot-prod.iam.gserviceaccount.com"
    secretmanager    = "service-${local.project_number}@gcp-sa-secretmanager.iam.gserviceaccount.com"
    storage          = "service-${local.project_number}@gs-project-accounts.iam.gserviceaccount.com"
  }
}

resource "google_project_service" "api" {
  for_each           = toset(local.apis)
  service            = each.value
  disable_on_destroy = false # others in the project may use it
}

# Builds functions from their archives; runs nothing.
resource "google_service_account" "build" {
  account_id   = "sekisho-build"
  display_name = "Sekisho: builds functions"
}

# logWriter: the build's log; there is no smaller resource than the project to give it on.
# objectViewer: Cloud Functions copies an archive to a bucket of its own before it is built; only those buckets.
resource "google_project_iam_member" "build" {
  for_each = {
    "roles/logging.logWriter"    = null
    "roles/storage.objectViewer" = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-\")"
  }
  project = var.project
  role    = each.key
  member  = google_service_account.build.member

  dynamic "condition" {
    for_each = each.value[*]
    content {
      title      = "archives of functions"
      expression = condition.value
    }
  }
}

# objectViewer on the bucket archives are uploaded to.
resource "google_storage_bucket_iam_member" "build" {
  bucket = google_storage_bucket.bucket["packages"].name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

# writer on the one repository: pushing the image that was built.
resource "google_artifact_registry_repository_iam_member" "build" {
  repository = google_artifact_registry_repository.images.name
  location   = var.location
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

resource "google_artifact_registry_repository" "images" {
  repository_id = "sekisho"
  description   = "Images of functions, built by Cloud Functions."
  format        = "DOCKER"
  location      = var.location
  kms_key_name  = var.kms_key

  cleanup_policies {
    id     = "keep-the-newest"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }
  cleanup_policies {
    id     = "delete-old-ones"
    action = "DELETE"
    condition {
      older_than = "2592000s" # 30 days
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.service_agent]
}

# Encrypter and decrypter of the one key, for the services that store with it on Sekisho's behalf. An agent is there
# from its service's first use on: in a new project, `gcloud beta services identity create --service SERVICE` makes it.
resource "google_kms_crypto_key_iam_member" "service_agent" {
  for_each      = var.kms_key == null ? {} : local.service_agents
  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:${each.value}"

  depends_on = [google_project_service.api]
}

# Who read a secret, and who wrote an object: not logged unless asked for. BigQuery always logs who read what.
resource "google_project_iam_audit_config" "data_access" {
  for_each = {
    "secretmanager.googleapis.com" = ["DATA_READ", "DATA_WRITE"]
    "storage.googleapis.com"       = ["DATA_WRITE"]
  }
  project = var.project
  service = each.key

  dynamic "audit_log_config" {
    for_each = each.value
    content {
      log_type = audit_log_config.value
    }
  }
}
