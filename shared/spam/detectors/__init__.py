"""Ways to judge a post, one file each, all behind the same `Detector` protocol."""
