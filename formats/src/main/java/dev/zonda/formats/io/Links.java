package dev.zonda.formats.io;

/// Where symbolic links in a model's folder may lead.
public enum Links {
  /// To files in the folder, and from a snapshot of the Hugging Face cache to its blobs.
  WITHIN,
  /// Anywhere: the user knows where they lead.
  ANYWHERE
}
