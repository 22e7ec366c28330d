package dev.zonda.formats;

/// What to do if the file to be written exists already.
public enum OverwritePolicy {
  /// Leave it alone and refuse to write.
  FAIL,
  /// Replace it at the moment when the new file is complete.
  REPLACE
}
