package dev.zonda.convert.rules;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The name of a tensor, with its numbers taken out.
///
/// @param pattern the name with `{layer}` and `{expert}` for the first two numbers between dots
/// @param layer -1 if there is none
/// @param expert -1 if there is none
record TensorName(String pattern, int layer, int expert) {
  private static final Pattern NUMBER = Pattern.compile("(?<=\\.)(0|[1-9][0-9]{0,8})(?=\\.)");

  public static TensorName of(String name) {
    Matcher number = NUMBER.matcher(name);
    if (!number.find()) {
      return new TensorName(name, -1, -1);
    }
    String head = name.substring(0, number.start()) + TensorRule.LAYER;
    int layer = Integer.parseInt(number.group());
    int end = number.end();
    if (!number.find()) {
      return new TensorName(head + name.substring(end), layer, -1);
    }
    return new TensorName(
        head
            + name.substring(end, number.start())
            + TensorRule.EXPERT
            + name.substring(number.end()),
        layer,
        Integer.parseInt(number.group()));
  }
}
