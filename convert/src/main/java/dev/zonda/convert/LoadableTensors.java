package dev.zonda.convert;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.Constant;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.rules.KnownTensors;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.Target;
import dev.zonda.convert.sources.SourceTensor;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Turns a checkpoint's tensors into those that llama.cpp loads: biases of zeros that its
/// architecture does not have are left out, and tensors that it needs are added where the
/// checkpoint says the same in another way.
///
/// @param targets what is to be written
/// @param obstacle why llama.cpp would not load them, or would compute something else; empty if all
///   is well
record LoadableTensors(List<Target> targets, Optional<String> obstacle) {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int PIECE = 1 << 12;

  private static final String OUTPUT = "output.weight";
  private static final String OUTPUT_BIAS = "output.bias";
  private static final String EMBEDDING = "token_embd.weight";
  private static final String BIAS = ".bias";

  /// @param unannounced tensors of the checkpoint that are not targets, because config.json says
  ///   that the network has none
  static LoadableTensors of(
      MetadataRule.Source source, List<Target> targets, List<SourceTensor> unannounced)
      throws FormatException {
    String architecture = source.family().architecture();
    if (source.fidelity() == Fidelity.AS_REFERENCE || !KnownTensors.hasArchitecture(architecture)) {
      return new LoadableTensors(targets, Optional.empty());
    }
    List<Target> kept = new ArrayList<>();
    List<String> zeros = new ArrayList<>();
    List<String> obstacles = new ArrayList<>();
    for (Target target : targets) {
      if (KnownTensors.accepts(architecture, target.name())) {
        kept.add(target);
      } else if (target.name().endsWith(BIAS) && isZero(target.values())) {
        zeros.add(target.source());
      } else {
        kept.add(target);
        obstacles.add(target.source());
      }
    }
    noteZeros(source.notes(), zeros, "llama.cpp's " + architecture + " has no such tensors");
    Optional<String> contradiction = unannounced(source.notes(), unannounced);
    Optional<String> obstacle =
        obstacles.isEmpty()
            ? contradiction
            : Optional.of(
                "%s: llama.cpp's %s has no place for it and would refuse the file; the folder"
                        .formatted(named(obstacles), architecture)
                    + " itself can be evaluated, and --as-reference writes the file all the same");
    return new LoadableTensors(completed(source, kept), obstacle);
  }

  private static Optional<String> unannounced(Notes notes, List<SourceTensor> tensors) {
    List<String> zeros = new ArrayList<>();
    List<String> others = new ArrayList<>();
    tensors.forEach(tensor -> (isZero(tensor.values()) ? zeros : others).add(tensor.name()));
    noteZeros(notes, zeros, "config.json does not announce them");
    if (others.isEmpty()) {
      return Optional.empty();
    }
    String which = named(others);
    notes.add(
        "%s: config.json says that the network has no such tensor, and transformers does not use it"
            .formatted(which));
    return Optional.of(
        "%s: config.json says that the network has no such tensor, but it is not zero; correct one"
                .formatted(which)
            + " of the two, or use --as-reference, which writes it");
  }

  private static void noteZeros(Notes notes, List<String> tensors, String reason) {
    if (!tensors.isEmpty()) {
      notes.add(
          "%d biases of zeros are left out, such as '%s': %s"
              .formatted(tensors.size(), tensors.getFirst(), reason));
    }
  }

  private static String named(List<String> tensors) {
    String first = "tensor '%s'".formatted(tensors.getFirst());
    return tensors.size() == 1 ? first : first + " and %d others".formatted(tensors.size() - 1);
  }

  private static List<Target> completed(MetadataRule.Source source, List<Target> targets)
      throws FormatException {
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < targets.size(); i++) {
      places.put(targets.get(i).name(), i);
    }
    Map<Integer, List<Target>> added = new HashMap<>();
    for (String name :
        KnownTensors.needed(source.family().architecture(), source.sizes().layers())) {
      if (!places.containsKey(name)) {
        boolean isOfOutput =
            name.equals(OUTPUT) || (name.equals(OUTPUT_BIAS) && !places.containsKey(OUTPUT));
        Integer place = places.get(isOfOutput ? EMBEDDING : weight(name));
        if (place != null) {
          added
              .computeIfAbsent(place, _ -> new ArrayList<>())
              .add(substitute(source, name, targets.get(place)));
        }
      }
    }
    if (added.isEmpty()) {
      return targets;
    }
    List<Target> all = new ArrayList<>();
    for (int i = 0; i < targets.size(); i++) {
      all.add(targets.get(i));
      if (added.containsKey(i)) {
        all.addAll(added.get(i));
      }
    }
    source
        .notes()
        .add(
            "%d tensors that llama.cpp needs and the checkpoint lacks are added, such as '%s'"
                .formatted(
                    all.size() - targets.size(),
                    Collections.min(
                        added.values().stream().flatMap(List::stream).map(Target::name).toList())));
    return all;
  }

  private static String weight(String bias) {
    return bias.substring(0, bias.length() - BIAS.length()) + ".weight";
  }

  /// The embedding as output matrix, or a bias of zeros.
  private static Target substitute(MetadataRule.Source source, String name, Target beside)
      throws FormatException {
    Expression values =
        name.equals(OUTPUT)
            ? source.family().tiedOutput().apply(beside.values(), source.sizes())
            : new Constant(
                Collections.nCopies(Math.toIntExact(beside.values().shape().dimension(0)), 0f));
    return new Target(name, values, beside.source(), beside.file());
  }

  private static boolean isZero(Expression values) {
    long count = values.shape().elements();
    Expression floats = values.reshaped(count, 1).as(TensorType.F32);
    MemorySegment scratch = MemorySegment.ofArray(new byte[PIECE * Float.BYTES]);
    for (long from = 0; from < count; from += PIECE) {
      MemorySegment piece = floats.rows(from, Math.min(PIECE, count - from), scratch);
      for (long at = 0; at < piece.byteSize(); at += Float.BYTES) {
        if (piece.get(FLOAT, at) != 0) {
          return false;
        }
      }
    }
    return true;
  }
}
