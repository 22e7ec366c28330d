package dev.zonda.convert.tokenizers.files;

import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What a SentencePiece model file (`tokenizer.model`) says: the fields of its `ModelProto` that a
/// converter needs (`sentencepiece_model.proto`).
///
/// @param pieces the vocabulary, by id
/// @param algorithm how the pieces were learned and are to be applied
/// @param addsDummyPrefix whether text is encoded as if a space were before it
public record SentencePieceModel(List<Piece> pieces, Algorithm algorithm, boolean addsDummyPrefix) {
  /// Vocabularies have at most a few hundred thousand tokens. Pieces may be empty and then take two
  /// bytes of the file, but fifty times as much memory.
  private static final int MAX_PIECES = 1 << 20;

  /// @param text with `▁` for spaces
  /// @param score priority in merging, or logarithm of the probability
  public record Piece(String text, float score, TokenType type) {}

  /// The kinds of model, in the order of their ids from 1.
  public enum Algorithm {
    UNIGRAM,
    BPE,
    WORD,
    CHAR
  }

  public SentencePieceModel {
    pieces = List.copyOf(pieces);
  }

  public static SentencePieceModel parse(Path file, byte[] bytes) throws FormatException {
    ProtobufReader model = new ProtobufReader(file, bytes);
    List<Piece> pieces = new ArrayList<>();
    Algorithm algorithm = Algorithm.UNIGRAM;
    boolean addsDummyPrefix = true;
    for (int field = model.next(); field != 0; field = model.next()) {
      switch (field) {
        case 1 -> pieces.add(piece(model.message("piece " + pieces.size())));
        case 2 -> algorithm = algorithm(file, model.message("trainer_spec"));
        case 3 -> addsDummyPrefix = addsDummyPrefix(model.message("normalizer_spec"));
        default -> model.skip();
      }
      if (pieces.size() > MAX_PIECES) {
        throw FormatException.in(file, "has more than " + MAX_PIECES + " pieces");
      }
    }
    if (pieces.isEmpty()) {
      throw FormatException.in(
          file, "holds no pieces, expected a SentencePiece model (is it a Git LFS pointer?)");
    }
    if (pieces.stream().anyMatch(piece -> piece.type() == TokenType.BYTE)) {
      pieces.replaceAll(SentencePieceModel::withoutZero);
    }
    return new SentencePieceModel(pieces, algorithm, addsDummyPrefix);
  }

  /// SentencePiece does not use a piece of a zero byte where bytes have pieces of their own.
  private static Piece withoutZero(Piece piece) {
    return piece.text().equals("\0") && piece.type() == TokenType.NORMAL
        ? new Piece(piece.text(), piece.score(), TokenType.UNUSED)
        : piece;
  }

  private static Piece piece(ProtobufReader piece) throws FormatException {
    String text = "";
    float score = 0;
    TokenType type = TokenType.NORMAL;
    for (int field = piece.next(); field != 0; field = piece.next()) {
      switch (field) {
        case 1 -> text = piece.text("piece");
        case 2 -> score = piece.real("score");
        case 3 -> type = TokenType.ofId(piece.integer("type"));
        default -> piece.skip();
      }
    }
    return new Piece(text, score, type);
  }

  private static Algorithm algorithm(Path file, ProtobufReader trainer) throws FormatException {
    long id = 1;
    for (int field = trainer.next(); field != 0; field = trainer.next()) {
      if (field == 3) {
        id = trainer.integer("model_type");
      } else {
        trainer.skip();
      }
    }
    if (id < 1 || id > Algorithm.values().length) {
      throw FormatException.in(file, "model_type is " + id + ", expected 1 to 4");
    }
    return Algorithm.values()[(int) id - 1];
  }

  private static boolean addsDummyPrefix(ProtobufReader normalizer) throws FormatException {
    boolean adds = true;
    for (int field = normalizer.next(); field != 0; field = normalizer.next()) {
      if (field == 3) {
        adds = normalizer.bool("add_dummy_prefix");
      } else {
        normalizer.skip();
      }
    }
    return adds;
  }
}
