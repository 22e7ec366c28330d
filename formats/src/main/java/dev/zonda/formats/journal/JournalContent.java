package dev.zonda.formats.journal;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/// What an earlier run has written into a journal. It may have ended in the middle of a record:
/// what follows the first broken one does not count.
///
/// @param identity of that run; empty if not even that is there
/// @param written ranges of bytes, in the order in which they were written
/// @param isSealed whether all of them were on the disk, and the files were about to be named
/// @param intactBytes length of the journal up to the first broken record
record JournalContent(
    Optional<RunIdentity> identity,
    List<WrittenRange> written,
    boolean isSealed,
    long intactBytes) {
  static final byte[] MAGIC = {'z', 'o', 'n', 'd', 'a', 'J', '1', '\n'};
  static final byte IDENTITY = 1;
  static final byte WRITTEN = 2;
  static final byte SEALED = 3;

  static final int RECORD_HEADER_BYTES = Integer.BYTES + Integer.BYTES;

  private static final int MOST_RECORD_BYTES = 32 << 20;

  /// Enough for some 150 TB of output.
  private static final int MOST_RANGES = 1 << 24;

  static JournalContent read(FileChannel channel) throws IOException {
    channel.position(0);
    // Not closed: that would close the channel, and give up its lock.
    InputStream in = new BufferedInputStream(Channels.newInputStream(channel), 1 << 16);
    return read(new DataInputStream(in), channel.size());
  }

  private static JournalContent read(DataInputStream in, long size) throws IOException {
    Optional<RunIdentity> identity = Optional.empty();
    List<WrittenRange> written = new ArrayList<>();
    boolean isSealed = false;
    if (size < MAGIC.length || !Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
      return new JournalContent(identity, written, false, 0);
    }
    long intact = MAGIC.length;
    while (written.size() < MOST_RANGES) {
      Optional<byte[]> payload = record(in, size - intact);
      if (payload.isEmpty()) {
        break;
      }
      ByteBuffer bytes = ByteBuffer.wrap(payload.get());
      byte kind = bytes.get();
      if (kind == IDENTITY) {
        identity = identity(payload.get());
      } else if (kind == WRITTEN && bytes.remaining() == WrittenRange.ENCODED_BYTES) {
        written.add(
            new WrittenRange(bytes.getInt(), bytes.getLong(), bytes.getLong(), bytes.getInt()));
      } else if (kind == SEALED) {
        isSealed = true;
      } else {
        break;
      }
      intact += RECORD_HEADER_BYTES + payload.get().length;
    }
    return new JournalContent(identity, written, isSealed, intact);
  }

  private static Optional<byte[]> record(DataInputStream in, long remaining) throws IOException {
    if (remaining < RECORD_HEADER_BYTES) {
      return Optional.empty();
    }
    int length = in.readInt();
    int checksum = in.readInt();
    if (length < 1 || length > Math.min(MOST_RECORD_BYTES, remaining - RECORD_HEADER_BYTES)) {
      return Optional.empty();
    }
    byte[] payload = in.readNBytes(length);
    return payload.length == length && checksum(payload) == checksum
        ? Optional.of(payload)
        : Optional.empty();
  }

  static int checksum(byte[] payload) {
    CRC32C crc = new CRC32C();
    crc.update(payload);
    return (int) crc.getValue();
  }

  private static Optional<RunIdentity> identity(byte[] payload) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(payload))) {
      in.readByte();
      return Optional.of(RunIdentity.readFrom(in));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
