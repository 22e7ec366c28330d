package dev.zonda.cli;

import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads numbers of layers such as `3,5,6`.
final class LayerNumbersConverter implements ITypeConverter<NavigableSet<Integer>> {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

  @Override
  public NavigableSet<Integer> convert(String value) {
    NavigableSet<Integer> layers = new TreeSet<>();
    for (String number : value.split(",", -1)) {
      if (!NUMBER.matcher(number).matches()) {
        throw new TypeConversionException(
            "'" + number + "' is no number of a layer, expected some such as 3,5,6");
      }
      layers.add(Integer.parseInt(number));
    }
    return layers;
  }
}
