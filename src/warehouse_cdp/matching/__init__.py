"""Record linkage on integer codes, for any file of person records."""
