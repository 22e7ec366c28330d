package dev.zonda.formats;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SequencedMap;

/// Ordered, typed key/values. The order is kept, because equal bytes need equal order. Immutable.
public final class Metadata {
  private static final Metadata EMPTY = new Metadata(new LinkedHashMap<>());

  private final SequencedMap<String, MetadataValue> entries;

  private Metadata(SequencedMap<String, MetadataValue> entries) {
    this.entries = Collections.unmodifiableSequencedMap(entries);
  }

  public static Metadata empty() {
    return EMPTY;
  }

  public static Builder builder() {
    return new Builder(new LinkedHashMap<>());
  }

  /// A builder that starts with these entries.
  public Builder toBuilder() {
    return new Builder(new LinkedHashMap<>(entries));
  }

  public SequencedMap<String, MetadataValue> entries() {
    return entries;
  }

  public int size() {
    return entries.size();
  }

  public Optional<MetadataValue> get(String key) {
    return Optional.ofNullable(entries.get(key));
  }

  /// A string value; empty if the key is missing or holds another type.
  public Optional<String> text(String key) {
    return entries.get(key) instanceof MetadataValue.Text(String value)
        ? Optional.of(value)
        : Optional.empty();
  }

  /// An integer of any width; empty if the key is missing or holds another type. Unsigned 64-bit
  /// values beyond [Long#MAX_VALUE] count as missing.
  public OptionalLong integer(String key) {
    return switch (entries.get(key)) {
      case MetadataValue.Uint8(int value) -> OptionalLong.of(value);
      case MetadataValue.Int8(byte value) -> OptionalLong.of(value);
      case MetadataValue.Uint16(int value) -> OptionalLong.of(value);
      case MetadataValue.Int16(short value) -> OptionalLong.of(value);
      case MetadataValue.Uint32(long value) -> OptionalLong.of(value);
      case MetadataValue.Int32(int value) -> OptionalLong.of(value);
      case MetadataValue.Int64(long value) -> OptionalLong.of(value);
      case MetadataValue.Uint64(long value) ->
          value >= 0 ? OptionalLong.of(value) : OptionalLong.empty();
      case MetadataValue.Float32 _,
          MetadataValue.Float64 _,
          MetadataValue.Bool _,
          MetadataValue.Text _,
          MetadataValue.Array _ ->
          OptionalLong.empty();
      case null -> OptionalLong.empty();
    };
  }

  /// A floating-point value; empty if the key is missing or holds another type.
  public OptionalDouble number(String key) {
    return switch (entries.get(key)) {
      case MetadataValue.Float32(float value) -> OptionalDouble.of(value);
      case MetadataValue.Float64(double value) -> OptionalDouble.of(value);
      case MetadataValue.Uint8 _,
          MetadataValue.Int8 _,
          MetadataValue.Uint16 _,
          MetadataValue.Int16 _,
          MetadataValue.Uint32 _,
          MetadataValue.Int32 _,
          MetadataValue.Uint64 _,
          MetadataValue.Int64 _,
          MetadataValue.Bool _,
          MetadataValue.Text _,
          MetadataValue.Array _ ->
          OptionalDouble.empty();
      case null -> OptionalDouble.empty();
    };
  }

  public Optional<Boolean> bool(String key) {
    return entries.get(key) instanceof MetadataValue.Bool(boolean value)
        ? Optional.of(value)
        : Optional.empty();
  }

  /// The elements of an array; empty if the key is missing or holds another type.
  public Optional<List<MetadataValue>> array(String key) {
    return entries.get(key) instanceof MetadataValue.Array array
        ? Optional.of(array.values())
        : Optional.empty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Metadata metadata
        && List.copyOf(entries.entrySet()).equals(List.copyOf(metadata.entries.entrySet()));
  }

  @Override
  public int hashCode() {
    return entries.hashCode();
  }

  @Override
  public String toString() {
    return entries.keySet().toString();
  }

  /// Collects entries in order. Putting a key again changes its value and keeps its place.
  public static final class Builder {
    private final SequencedMap<String, MetadataValue> entries;

    private Builder(SequencedMap<String, MetadataValue> entries) {
      this.entries = entries;
    }

    public Builder put(String key, MetadataValue value) {
      entries.put(key, value);
      return this;
    }

    public Builder putAll(Map<String, MetadataValue> values) {
      entries.putAll(values);
      return this;
    }

    public Builder putText(String key, String value) {
      return put(key, new MetadataValue.Text(value));
    }

    public Builder putUint32(String key, long value) {
      return put(key, new MetadataValue.Uint32(value));
    }

    public Builder putFloat32(String key, float value) {
      return put(key, new MetadataValue.Float32(value));
    }

    public Builder putBool(String key, boolean value) {
      return put(key, new MetadataValue.Bool(value));
    }

    public Builder remove(String key) {
      entries.remove(key);
      return this;
    }

    public Metadata build() {
      return new Metadata(new LinkedHashMap<>(entries));
    }
  }
}
