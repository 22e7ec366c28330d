package dev.zonda.cli.options;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Numbers of layers, in ascending order.
record LayerNumbers(List<Integer> numbers) {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

  LayerNumbers {
    numbers = numbers.stream().sorted().distinct().toList();
  }

  /// Reads `3,5,6`.
  ///
  /// @throws IllegalArgumentException if it is something else; the message is for the user
  static LayerNumbers parse(String text) {
    List<Integer> numbers = new ArrayList<>();
    for (String number : text.split(",", -1)) {
      if (!NUMBER.matcher(number).matches()) {
        throw new IllegalArgumentException(
            "'" + number + "' is not the number of a layer, expected numbers such as 3,5,6");
      }
      numbers.add(Integer.parseInt(number));
    }
    return new LayerNumbers(numbers);
  }
}
