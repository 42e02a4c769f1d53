"""The Lambda functions, one folder each; infra/manifest.py says what triggers them."""
