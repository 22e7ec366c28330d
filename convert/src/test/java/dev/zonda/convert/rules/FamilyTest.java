package dev.zonda.convert.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.convert.families.Families;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A part of the builder that [FamilyBuilder#like] forgets would be lost without a word.
class FamilyTest {
  /// What a family has for itself.
  private static final Set<String> OWN =
      Set.of(
          "name", "architecture", "models", "defaults", "published", "needsModelType", "condition");

  static List<Family> families() {
    return Families.all();
  }

  @ParameterizedTest
  @MethodSource("families")
  void takesOverAllPartsButItsOwn(Family family) throws ReflectiveOperationException {
    FamilyBuilder copy = Family.builder("", "").like(family);
    Object parts = value(Family.class.getDeclaredField("parts"), family);
    for (Field part : FamilyBuilder.class.getDeclaredFields()) {
      if (!OWN.contains(part.getName()) && !Modifier.isStatic(part.getModifiers())) {
        assertEquals(value(part, parts), value(part, copy), family.name() + ": " + part.getName());
      }
    }
  }

  private static Object value(Field field, Object of) throws IllegalAccessException {
    field.setAccessible(true);
    return field.get(of);
  }
}
