"""Read sources, check, split and fingerprint; score new rows, and read production back.

Where to put what comes next:
    sources      opens what a YAML names (csv_reader, parquet_reader, sql_reader, plugin_reader) as chunks
    values       turns raw cells into types (labels for the target, clock for times); schemas names each kind of row
    snapshot     what a retraining learns from; validation checks it (expectations, suite), splitting divides it
    scoring      new rows in, predictions out (new_rows, row_keys)
    production   what monitoring sees: windows, predicted_rows, late_labels, joined by observed_rows, and the reference
    inference    drafts a model file from a table (sampling, draft)
"""
