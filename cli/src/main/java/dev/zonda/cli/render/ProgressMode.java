package dev.zonda.cli.render;

import java.util.Locale;

/// How progress is shown on standard error.
public enum ProgressMode {
  /// A bar on a terminal, nothing elsewhere.
  AUTO,
  /// A bar, be there a terminal or not.
  BAR,
  /// A line of JSON for each event, for programs.
  JSON,
  /// Not at all.
  NONE;

  /// Reads what a user may choose, in either case.
  ///
  /// @throws IllegalArgumentException if it is something else; the message is for the user
  public static ProgressMode parse(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "auto" -> AUTO;
      case "bar" -> BAR;
      case "json" -> JSON;
      case "none" -> NONE;
      default ->
          throw new IllegalArgumentException("'" + text + "' is none of auto, bar, json and none");
    };
  }
}
