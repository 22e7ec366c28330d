package dev.zonda.cli.render;

/// How progress is shown on standard error.
public enum ProgressMode {
  /// A bar on a terminal, nothing elsewhere.
  AUTO,
  /// A bar, be there a terminal or not.
  BAR,
  /// A line of JSON for each event, for programs.
  JSON,
  /// Not at all.
  NONE
}
