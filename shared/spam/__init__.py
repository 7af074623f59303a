"""The checkpoint for posts, as pure decisions: no network, no clock, no environment."""
