"""Read and change preferences."""
