package dev.zonda.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.quantize.block.Importance;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a check lets pass does not become infinite in any type that is written: a new type is taken
/// for one like all others until this fails.
class RowCheckTest {
  private static final int COUNT = 512;

  /// Where the largest value lies negated, and where there is none: ends and middles of ranges are
  /// what scales are made of.
  private static final List<IntPredicate> PLACES =
      List.of(_ -> true, _ -> false, i -> i % 2 == 0, i -> i % 16 < 8, i -> i % 32 == 5);

  static Stream<Codec> codecs() {
    return Arrays.stream(TensorType.values()).flatMap(type -> Codecs.of(type).stream());
  }

  private static float justBelow(RowCheck check) {
    return Math.nextDown(Float.intBitsToFloat(check.limit()));
  }

  private static float[] importance() {
    float[] weights = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      weights[i] = i % 7 == 0 ? 100 : 0.5f;
    }
    return weights;
  }

  private static float[] restored(Codec codec, float[] values, Importance importance) {
    float[] restored = new float[COUNT];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment blocks = arena.allocate(codec.type().byteSize(COUNT));
      codec.quantize(values.clone(), 1, COUNT, importance, blocks, 0);
      codec.dequantize(blocks, 0, restored, 0, COUNT);
    }
    return restored;
  }

  private static void assertFinite(Codec codec, float[] values) {
    Importance weights = new Importance.Columns(importance());
    for (Importance importance :
        codec.requiresImportance() ? List.of(weights) : List.of(Importance.NONE, weights)) {
      assertFalse(
          RowCheck.FINITE.isViolated(restored(codec, values, importance), COUNT),
          () ->
              "%s makes infinity of %s, which RowCheck.safe lets pass"
                  .formatted(codec.type(), Arrays.toString(Arrays.copyOf(values, 8))));
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void safeValuesHaveFiniteScales(Codec codec) {
    float largest = justBelow(RowCheck.safe(codec.type()));
    for (IntPredicate negated : PLACES) {
      for (IntPredicate zero : PLACES.subList(1, PLACES.size())) {
        float[] values = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
          values[i] = zero.test(i) ? 0 : negated.test(i) ? -largest : largest;
        }
        assertFinite(codec, values);
      }
    }
  }

  /// A scale is as large as the type's levels are small, and the search for it may go beyond.
  @ParameterizedTest
  @MethodSource("codecs")
  void safeValuesBesideSmallOnesHaveFiniteScales(Codec codec) {
    float largest = justBelow(RowCheck.safe(codec.type()));
    for (int lone = 0; lone < 16; lone++) {
      float[] values = new float[COUNT];
      for (int i = 0; i < COUNT; i++) {
        values[i] = i % 32 == lone * 2 ? largest : (i % 5 - 2) * 1e-3f * largest;
      }
      assertFinite(codec, values);
      for (int i = 0; i < COUNT; i++) {
        values[i] = -values[i];
      }
      assertFinite(codec, values);
    }
  }

  /// Of floats alone: those of blocks may overflow, which is looked at afterwards.
  @ParameterizedTest
  @MethodSource("codecs")
  void floatsThatPassAreFinite(Codec codec) {
    if (!codec.type().isQuantized()) {
      RowCheck check = RowCheck.of(codec.type());
      float[] values = new float[COUNT];
      Arrays.fill(values, justBelow(check));
      assertFinite(codec, values);
      Arrays.fill(values, Float.intBitsToFloat(check.limit()));
      float restored = restored(codec, values, Importance.NONE)[0];
      assertEquals(Float.POSITIVE_INFINITY, restored, codec.type() + " holds more than is checked");
    }
  }
}
