"""The Lambda functions, one folder each; infra/manifest says what triggers them."""
