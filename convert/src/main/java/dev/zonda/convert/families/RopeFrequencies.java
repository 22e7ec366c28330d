package dev.zonda.convert.families;

import dev.zonda.convert.expression.Constant;
import dev.zonda.formats.FormatException;
import java.util.ArrayList;
import java.util.List;

/// Llama 3's way to stretch rotary embedding: a factor for each frequency, in a tensor.
final class RopeFrequencies {
  private RopeFrequencies() {}

  /// The factors, if config.json asks for them. Computed in single precision as PyTorch does.
  static List<Target> llama3(MetadataRule.Source source) throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    if (!rope.type().equals("llama3")) {
      return List.of();
    }
    float base = (float) rope.theta().orElse(10000);
    double factor = rope.real("factor", 8);
    double low = rope.real("low_freq_factor", 1);
    double high = rope.real("high_freq_factor", 4);
    double length = rope.real("original_max_position_embeddings", 8192);
    int head = source.sizes().headLength();
    List<Float> factors = new ArrayList<>();
    for (int i = 0; i < head; i += 2) {
      float frequency = 1.0f / (float) Math.pow(base, i / (float) head);
      float wave = (float) (2 * Math.PI) / frequency;
      if (wave < (float) (length / high)) {
        factors.add(1f);
      } else if (wave > (float) (length / low)) {
        factors.add((float) factor);
      } else {
        float smooth = ((float) length / wave - (float) low) / (float) (high - low);
        factors.add(1 / ((1 - smooth) / (float) factor + smooth));
      }
    }
    return List.of(Target.generated("rope_freqs.weight", new Constant(factors)));
  }
}
