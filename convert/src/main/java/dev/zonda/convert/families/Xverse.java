package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Transform.PERMUTE_KEYS;
import static dev.zonda.convert.rules.Transform.PERMUTE_QUERIES;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import java.util.Map;

/// XVERSE: Llama's network with a vocabulary of another form.
final class Xverse {
  static final Family FAMILY =
      Family.builder("XVERSE", "xverse")
          .models("XVERSE 7B, 13B, 65B")
          .publishedDefaults(Defaults.of(Map.of("rms_norm_eps", 1e-6)), "xverse")
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(
                  PERMUTE_QUERIES, Xverse::keys, Announcement.NEVER, Announcement.NEVER),
              CommonTensors.FEED_FORWARD_NETWORK)
          .metadata(
              NetworkKeys.ALL,
              Baichuan.LAYOUT,
              MetadataRule.computed("rope.dimension_count", Dimension.HEAD),
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.XVERSE)
          .unusedFields("max_tokenizer_truncation", "model_max_length")
          .build();

  private Xverse() {}

  /// Where heads share keys, which no published model has, llama.cpp's converter (the reference)
  /// takes keys for as many heads as share one.
  private static Expression keys(Expression source, ModelSizes sizes) throws FormatException {
    boolean isShared = sizes.keyValueHeads() != sizes.heads();
    if (!isShared || sizes.fidelity() == Fidelity.CORRECTED) {
      return PERMUTE_KEYS.apply(source, sizes);
    }
    long rows = source.shape().dimension(0);
    int heads = sizes.heads() / sizes.keyValueHeads();
    if (rows % (2L * heads) != 0) {
      throw sizes
          .config()
          .fields()
          .problem(
              "num_key_value_heads",
              "is %d, for which llama.cpp's converter fails".formatted(sizes.keyValueHeads()));
    }
    return SelectRows.of(source, RowOrder.rotaryPairs(rows, heads));
  }
}
