# Mistakes of operators, each refused before anything is made.
mock_provider "google" {}

variables {
  project          = "sekisho-test"
  environment      = "prod"
  packages         = "tests/packages"
  watched_datasets = ["ads", "costs", "marketing", "recsys"]
}

run "auto_is_not_deployed_to_dev" {
  command = plan
  variables {
    environment     = "dev"
    moderation_file = "tests/auto.moderation.yaml"
  }
  expect_failures = [google_storage_bucket_object.configuration["moderation.yaml"]]
}

run "auto_may_be_deployed_to_prod" {
  command = plan
  variables {
    moderation_file = "tests/auto.moderation.yaml"
  }
  assert {
    condition     = google_storage_bucket_object.configuration["moderation.yaml"].source == "./tests/auto.moderation.yaml"
    error_message = "Prod does not get the file that was named."
  }
}

run "a_moderation_file_without_a_mode_there_is_is_refused" {
  command = plan
  variables {
    moderation_file = "tests/broken.moderation.yaml"
  }
  expect_failures = [google_storage_bucket_object.configuration["moderation.yaml"]]
}

run "a_missing_package_is_named" {
  command = plan
  variables {
    packages = "tests/no_such_folder"
  }
  expect_failures = [google_storage_bucket_object.package]
}

run "two_packages_of_one_function_are_refused" {
  command = plan
  variables {
    packages = "tests/packages_doubled"
  }
  expect_failures = [google_storage_bucket_object.package["judge_post"]]
}

run "a_package_without_its_hash_is_refused" {
  command = plan
  variables {
    packages = "tests/packages_unhashed"
  }
  expect_failures = [google_storage_bucket_object.package["judge_post"]]
}

run "a_kpi_table_nobody_may_read_is_told" {
  command = plan
  variables {
    watched_datasets = ["ads"]
  }
  expect_failures = [check.watched_datasets]
}

run "a_size_of_no_function_is_refused" {
  command = plan
  variables {
    sizes = { judge_posts = { memory = "2Gi" } }
  }
  expect_failures = [google_cloudfunctions2_function.function]
}

run "takedowns_in_earnest_need_the_platform" {
  command = plan
  variables {
    takedowns = "platform"
  }
  expect_failures = [var.platform_url]
}

run "wrong_values_are_refused_by_name" {
  command = plan
  variables {
    environment           = "staging"
    platform_url          = "http://platform.example.com"                                       # a token would go in the clear
    operators             = ["allUsers"]                                                        # scheduled functions are never for everyone
    partition_expiry_days = { review_labels = 500 }                                             # people's answers never expire
    kms_key               = "projects/keys/locations/us-east1/keyRings/sekisho/cryptoKeys/data" # of another region
    tuning                = { training_lag_days = 2 }
    optimiser             = "newton"
    watched_datasets      = ["sekisho"]
  }
  expect_failures = [var.environment, var.platform_url, var.operators, var.partition_expiry_days, var.kms_key, var.optimiser, var.tuning, var.watched_datasets]
}
