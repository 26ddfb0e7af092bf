"""Read sources, check, split and fingerprint."""
