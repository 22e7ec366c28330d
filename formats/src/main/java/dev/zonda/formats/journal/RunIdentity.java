package dev.zonda.formats.journal;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/// The named facts that determine a run's output: two runs with the same facts write the same
/// bytes.
///
/// @param facts short texts, in order
public record RunIdentity(SequencedMap<String, String> facts) {
  /// Nothing is known of the run.
  public static final RunIdentity NONE = new RunIdentity(new LinkedHashMap<>());

  private static final int MOST_FACTS = 100_000;

  public RunIdentity {
    facts = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(facts));
  }

  /// These facts and one more.
  public RunIdentity with(String name, String value) {
    LinkedHashMap<String, String> more = new LinkedHashMap<>(facts);
    more.put(name, value);
    return new RunIdentity(more);
  }

  /// The first fact in which another run differs, in words.
  public Optional<String> difference(RunIdentity other) {
    Set<String> names = new LinkedHashSet<>(facts.keySet());
    names.addAll(other.facts.keySet());
    for (String name : names) {
      String here = Optional.ofNullable(facts.get(name)).orElse("absent");
      String there = Optional.ofNullable(other.facts.get(name)).orElse("absent");
      if (!here.equals(there)) {
        return Optional.of(
            "%s: then %s, now %s".formatted(name, shortened(here), shortened(there)));
      }
    }
    return Optional.empty();
  }

  /// The beginning of a hash is enough.
  private static String shortened(String value) {
    return value.length() < 64 ? value : value.substring(0, 12) + "…";
  }

  void writeTo(DataOutputStream out) throws IOException {
    out.writeInt(facts.size());
    for (Map.Entry<String, String> fact : facts.entrySet()) {
      out.writeUTF(fact.getKey());
      out.writeUTF(fact.getValue());
    }
  }

  static RunIdentity readFrom(DataInputStream in) throws IOException {
    int count = in.readInt();
    if (count < 0 || count > MOST_FACTS) {
      throw new IOException(count + " facts");
    }
    LinkedHashMap<String, String> facts = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      facts.put(in.readUTF(), in.readUTF());
    }
    return new RunIdentity(facts);
  }
}
