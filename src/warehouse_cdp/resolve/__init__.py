"""Who is who in files of person records, without a warehouse: CSV or Parquet in, ids out."""
