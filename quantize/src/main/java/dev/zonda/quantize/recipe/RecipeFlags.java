package dev.zonda.quantize.recipe;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/// The flags that are turned on or off; the others are not mentioned. Immutable.
public record RecipeFlags(Map<RecipeFlag, Boolean> said) {
  public static final RecipeFlags NONE = new RecipeFlags(Map.of());

  public RecipeFlags {
    said = Map.copyOf(said);
  }

  /// These and another one, if it is mentioned.
  public RecipeFlags with(RecipeFlag flag, Optional<Boolean> value) {
    Map<RecipeFlag, Boolean> more = new EnumMap<>(RecipeFlag.class);
    more.putAll(said);
    value.ifPresent(saying -> more.put(flag, saying));
    return new RecipeFlags(more);
  }

  public Optional<Boolean> get(RecipeFlag flag) {
    return Optional.ofNullable(said.get(flag));
  }

  /// Whether a flag is on. One that is not mentioned is off.
  public boolean has(RecipeFlag flag) {
    return said.getOrDefault(flag, false);
  }

  /// These flags, and those of another where these mention none.
  RecipeFlags over(RecipeFlags base) {
    Map<RecipeFlag, Boolean> all = new EnumMap<>(RecipeFlag.class);
    all.putAll(base.said);
    all.putAll(said);
    return new RecipeFlags(all);
  }
}
