"""One decision a file: records in, outcome and reason out."""
