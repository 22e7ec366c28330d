package dev.zonda.convert.card;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What a model's id or folder name such as `mistralai/Mistral-7B-Instruct-v0.3` says about it.
///
/// @param fullName the name without organization
/// @param baseName for example `Mistral`; empty if the name is too ambiguous to tell
/// @param fineTune for example `Instruct`
/// @param version for example `v0.3`
/// @param sizeLabel for example `7B`; only if that can be the model's size
record ModelId(
    String fullName,
    Optional<String> organization,
    Optional<String> baseName,
    Optional<String> fineTune,
    Optional<String> version,
    Optional<String> sizeLabel) {
  private static final Pattern VERSION = pattern("(v|iter)?\\d+([.]\\d+)*");
  private static final Pattern TYPE = pattern("i?q\\d(_\\w)*|b?fp?(16|32)");
  private static final Pattern SIZE =
      pattern("(([A]|\\d+[x])?\\d+([._]\\d+)?[KMBT][\\d]?|small|mini|medium|large|x?xl)");
  private static final Pattern FINE_TUNE = pattern("chat|instruct|vision|lora");
  private static final Pattern NUMBER = Pattern.compile("\\d+(\\.\\d+)?");

  /// Units of size labels; each is 1000 times the one before it, and the first is one.
  private static final String UNITS = " KMBT";

  private enum Role {
    BASE_NAME,
    SIZE_LABEL,
    FINE_TUNE,
    VERSION,
    TYPE
  }

  /// A part of the name between hyphens and what it may be.
  private static final class Part {
    private String text;
    private final Set<Role> roles = EnumSet.noneOf(Role.class);

    private Part(String text) {
      this.text = text;
    }

    private boolean is(Role role) {
      return roles.contains(role);
    }
  }

  /// @param parameters of the model, or 0 if not known: tells sizes from context lengths
  static ModelId parse(String id, long parameters) {
    if (id.contains(" ")) {
      // A sentence, not an id.
      return nameOnly(id, Optional.empty());
    }
    int slash = id.indexOf('/');
    Optional<String> organization =
        slash < 0 || id.startsWith(".") ? Optional.empty() : Optional.of(id.substring(0, slash));
    String fullName = id.substring(slash + 1);
    List<Part> parts = annotate(fullName, parameters);
    dropWordsBesideNumbers(parts);
    findBaseName(parts);
    Optional<String> sizeLabel =
        joined(new LinkedHashSet<>(texts(parts, Role.SIZE_LABEL)).stream().toList());
    Optional<String> fineTune = joined(texts(parts, Role.FINE_TUNE));
    Optional<String> version =
        joined(
            parts.stream()
                .filter(part -> part.is(Role.VERSION) && !part.is(Role.BASE_NAME))
                .map(part -> part.text)
                .toList());
    if (sizeLabel.isEmpty() && fineTune.isEmpty() && version.isEmpty()) {
      return nameOnly(fullName, organization);
    }
    return new ModelId(
        fullName, organization, joined(texts(parts, Role.BASE_NAME)), fineTune, version, sizeLabel);
  }

  private static ModelId nameOnly(String name, Optional<String> organization) {
    return new ModelId(
        name, organization, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  private static List<Part> annotate(String name, long parameters) {
    List<Part> parts = new ArrayList<>();
    for (String text : name.split("-", -1)) {
      if (!text.isEmpty()) {
        parts.add(new Part(text));
      }
    }
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      if (VERSION.matcher(part.text).matches()) {
        part.roles.add(Role.VERSION);
      } else if (TYPE.matcher(part.text).matches()) {
        part.roles.add(Role.TYPE);
        part.text = part.text.toUpperCase(Locale.ROOT);
      } else if (i > 0 && SIZE.matcher(part.text).matches()) {
        annotateSize(part, parameters);
      } else if (i > 0 && FINE_TUNE.matcher(part.text).matches()) {
        part.roles.add(Role.FINE_TUNE);
      }
    }
    return parts;
  }

  private static void annotateSize(Part part, long parameters) {
    String text = part.text.replace('_', '.');
    int length = text.length();
    if (Character.isDigit(text.charAt(length - 1))) {
      // bloom-7b1 is a model of 7.1 billion.
      text =
          text.substring(0, length - 2) + "." + text.charAt(length - 1) + text.charAt(length - 2);
    }
    int last = text.length() - 1;
    boolean isUnit = last > 0 && Character.isDigit(text.charAt(last - 1));
    if (isUnit && "kmbt".indexOf(text.charAt(last)) >= 0) {
      text = text.substring(0, last) + Character.toUpperCase(text.charAt(last));
    }
    String number = text.substring(0, last);
    if (parameters != 0 && NUMBER.matcher(number).matches()) {
      double size = Double.parseDouble(number) * Math.pow(1000, UNITS.indexOf(text.charAt(last)));
      if (Math.abs(size - parameters) > parameters - Math.ceilDiv(parameters, 8)) {
        // Far from the model's size: a context length, most likely.
        part.roles.add(Role.FINE_TUNE);
        text = number + Character.toLowerCase(text.charAt(last));
      }
    }
    if (part.roles.isEmpty()) {
      part.roles.add(Role.SIZE_LABEL);
    }
    part.text = text;
  }

  /// Where one size is a number, words such as `small` are not sizes.
  private static void dropWordsBesideNumbers(List<Part> parts) {
    boolean anyNumber =
        parts.stream()
            .anyMatch(
                part -> part.is(Role.SIZE_LABEL) && part.text.chars().anyMatch(Character::isDigit));
    for (Part part : parts) {
      if (anyNumber && part.text.chars().allMatch(Character::isLetter)) {
        part.roles.remove(Role.SIZE_LABEL);
      }
    }
  }

  /// The base name comes first; later parts that were not recognized name a fine-tune.
  private static void findBaseName(List<Part> parts) {
    boolean atStart = true;
    for (Part part : parts) {
      boolean unknownWord = part.roles.isEmpty() && Character.isLetter(part.text.codePointAt(0));
      if (atStart && (unknownWord || part.is(Role.VERSION))) {
        part.roles.add(Role.BASE_NAME);
      } else {
        atStart = false;
        if (part.roles.isEmpty()) {
          part.roles.add(Role.FINE_TUNE);
        }
      }
    }
    for (Part part : parts.reversed()) {
      if (!part.is(Role.BASE_NAME) || part.roles.size() == 1) {
        break;
      }
      part.roles.remove(Role.BASE_NAME);
    }
  }

  private static List<String> texts(List<Part> parts, Role role) {
    return parts.stream().filter(part -> part.is(role)).map(part -> part.text).toList();
  }

  private static Optional<String> joined(List<String> texts) {
    return texts.isEmpty() ? Optional.empty() : Optional.of(String.join("-", texts));
  }

  /// A name as a title: words without capitals get one, unless they are versions or numbers.
  static String title(String name) {
    return Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS)
        .splitAsStream(name.replace('-', ' ').strip())
        .filter(word -> !word.isEmpty())
        .map(word -> isPlain(word) ? capitalized(word) : word)
        .collect(Collectors.joining(" "));
  }

  private static boolean isPlain(String word) {
    IntStream letters = word.codePoints().filter(ModelId::isCased);
    boolean lower = letters.allMatch(Character::isLowerCase);
    boolean any = word.codePoints().anyMatch(ModelId::isCased);
    return any && lower && !word.matches("v\\d+(?:\\.\\d+)*|\\d.*");
  }

  /// A capital at the start of every run of letters.
  private static String capitalized(String word) {
    StringBuilder title = new StringBuilder();
    boolean inRun = false;
    for (int c : word.codePoints().toArray()) {
      title.appendCodePoint(inRun ? Character.toLowerCase(c) : Character.toTitleCase(c));
      inRun = isCased(c);
    }
    return title.toString();
  }

  private static boolean isCased(int c) {
    return Character.isLowerCase(c) || Character.isUpperCase(c) || Character.isTitleCase(c);
  }

  private static Pattern pattern(String regex) {
    return Pattern.compile(
        regex, Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE | Pattern.UNICODE_CHARACTER_CLASS);
  }
}
