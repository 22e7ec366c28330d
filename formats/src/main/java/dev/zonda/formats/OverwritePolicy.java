package dev.zonda.formats;

/// What to do where the file to be written is there already.
public enum OverwritePolicy {
  /// Leave it alone and refuse to write.
  FAIL,
  /// Replace it, in the moment in which the new file is complete.
  REPLACE
}
