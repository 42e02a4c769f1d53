"""Read wishes about a week as constraints."""
