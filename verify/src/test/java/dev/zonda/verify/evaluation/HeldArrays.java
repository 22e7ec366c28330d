package dev.zonda.verify.evaluation;

import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.kernels.Kernels;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The arrays of numbers that an object of the forward pass leads to, models left out.
final class HeldArrays {
  private static final String OURS = "dev.zonda.verify.";

  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private long bytes;

  private HeldArrays() {}

  /// Bytes of the arrays, without their heads.
  ///
  /// @param others whose arrays do not count
  static long bytes(Object root, Object... others) throws IllegalAccessException {
    HeldArrays arrays = new HeldArrays();
    arrays.visitAll(Arrays.asList(others));
    long before = arrays.bytes;
    arrays.visit(root);
    return arrays.bytes - before;
  }

  private void visit(Object object) throws IllegalAccessException {
    if (object == null || isOfOthers(object) || !seen.add(object)) {
      return;
    }
    switch (object) {
      case Optional<?> optional -> visit(optional.orElse(null));
      case Iterable<?> all -> visitAll(all);
      case Map<?, ?> map -> visitAll(map.values());
      case MemorySegment segment -> visit(segment.heapBase().orElse(null));
      case Object[] array -> visitAll(Arrays.asList(array));
      default -> {
        if (object.getClass().isArray()) {
          bytes += (long) Array.getLength(object) * width(object.getClass().getComponentType());
        } else if (object.getClass().getName().startsWith(OURS)) {
          visitFields(object);
        }
      }
    }
  }

  private void visitAll(Iterable<?> objects) throws IllegalAccessException {
    for (Object object : objects) {
      visit(object);
    }
  }

  private void visitFields(Object object) throws IllegalAccessException {
    for (Field field : object.getClass().getDeclaredFields()) {
      if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
        field.setAccessible(true);
        visit(field.get(object));
      }
    }
  }

  private static boolean isOfOthers(Object object) {
    return object instanceof GgufModel || object instanceof Kernels;
  }

  private static int width(Class<?> number) {
    return switch (number.getName()) {
      case "byte", "boolean" -> Byte.BYTES;
      case "short", "char" -> Short.BYTES;
      case "int", "float" -> Integer.BYTES;
      default -> Long.BYTES;
    };
  }
}
