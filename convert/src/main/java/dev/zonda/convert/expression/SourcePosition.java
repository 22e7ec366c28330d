package dev.zonda.convert.expression;

/// Where the values of rows come from in a source that can only be read in order.
public final class SourcePosition {
  private SourcePosition() {}

  /// The place of the first of the bytes that a row is computed from, or nearly so. Of several
  /// tensors, the largest counts; the others are small, or read together with it.
  public static long of(Expression values, long row) {
    return switch (values) {
      case Load load -> load.checkpoint().position(load.tensor(), row * load.rowBytes()).orElse(0);
      case Constant _ -> 0;
      case Cast cast -> of(cast.source(), row);
      case Shift shift -> of(shift.source(), row);
      case Narrow narrow -> of(narrow.source(), row);
      case Reshape reshape ->
          of(reshape.source(), row * reshape.rowBytes() / Math.max(1, reshape.source().rowBytes()));
      case SelectRows select -> of(select.source(), select.order().source(row));
      case SelectColumns select -> of(select.source(), row);
      case JoinRows join -> ofPart(join, row);
      case Transpose transpose -> {
        long matrix = row / transpose.source().shape().rowLength();
        yield of(transpose.source(), matrix * transpose.shape().rowLength());
      }
      case PackMxfp4 pack ->
          of(pack.blocks(), row * (pack.blocks().shape().rows() / pack.shape().rows()));
      case ScaledBytes scaled -> of(scaled.codes(), row);
      case Bytes bytes -> of(bytes.codes(), row);
      case GroupedColumns grouped -> of(grouped.words(), 0);
      case PackedTernary packed -> of(packed.codes(), packed.codeRow(row));
      case Ternary ternary -> of(ternary.source(), row);
      case PackedRows packed -> of(packed.words(), row);
      case Multiple multiple -> of(multiple.values(), row);
      case NegativeExponential rates -> of(rates.source(), row);
      case Centered centered -> of(centered.source(), row);
      case UnitRows unit -> of(unit.values(), row);
      case UnitColumns unit -> of(unit.source(), row);
    };
  }

  private static long ofPart(JoinRows join, long row) {
    long inPart = row;
    for (Expression part : join.parts()) {
      if (inPart < part.shape().rows()) {
        return of(part, inPart);
      }
      inPart -= part.shape().rows();
    }
    throw new IndexOutOfBoundsException(row);
  }
}
