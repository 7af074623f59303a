terraform {
  required_version = ">= 1.9" # validations that look at other variables

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }

  # Which bucket is said at init, so that no environment can be applied onto another one's state:
  #   terraform init -reconfigure -backend-config=environments/dev.backend
  backend "gcs" {}
}

provider "google" {
  project = var.project
  region  = var.location

  # On everything that can carry labels: what a bill is split by.
  default_labels = local.labels
}

locals {
  labels = merge({ service = "sekisho", environment = var.environment, managed_by = "terraform" }, var.labels)
}
