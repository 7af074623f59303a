"""The offline arena: detectors are taught and examined on labelled posts, no copy of a post on both sides."""
