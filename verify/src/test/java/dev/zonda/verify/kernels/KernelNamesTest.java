package dev.zonda.verify.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import org.junit.jupiter.api.Test;

/// The launcher tells the compiler about vector kernels by the names of classes and methods. What
/// is called otherwise makes an object of every vector: a run then takes several times as long.
class KernelNamesTest {
  private static final Path LAUNCHER =
      TestData.path("models").getParent().getParent().resolve("zonda");
  private static final Path SOURCES = Path.of("src/main/java/dev/zonda/verify/kernels");

  private static List<Class<?>> classesWithVectors() throws Exception {
    List<Class<?>> classes = new ArrayList<>();
    try (Stream<Path> files = Files.list(SOURCES)) {
      for (Path file : files.sorted().toList()) {
        if (Files.readString(file).contains("import jdk.incubator.vector.")) {
          String name = file.getFileName().toString().replace(".java", "");
          classes.add(Class.forName(KernelNamesTest.class.getPackageName() + "." + name));
        }
      }
    }
    return classes;
  }

  @Test
  void kernelsAreInClassesOfTheirName() throws Exception {
    List<String> others =
        classesWithVectors().stream()
            .map(Class::getSimpleName)
            .filter(name -> !name.endsWith("Kernel"))
            .toList();
    assertEquals(List.of("VectorKernels"), others);
  }

  /// Also those whose callers are large: no profile has to say that it is worth it.
  @Test
  void methodsThatPassVectorsAreInsideOfTheirCallers() throws Exception {
    List<Method> methods =
        classesWithVectors().stream()
            .flatMap(type -> Stream.of(type.getDeclaredMethods()))
            .filter(KernelNamesTest::passesVectors)
            .toList();
    assertFalse(methods.isEmpty());
    List<String> inlined = commands("inline");
    for (Method method : methods) {
      String type = method.getDeclaringClass().getSimpleName();
      boolean isInlined =
          type.endsWith("Kernel")
              ? !method.getName().startsWith("rows")
              : inlined.contains(type + "::" + method.getName());
      assertTrue(isInlined, () -> type + "::" + method.getName() + " of " + inlined);
    }
  }

  /// Inlining that the launcher forbids would win over inlining that it orders.
  @Test
  void methodsThatTheLauncherNamesAreThere() throws Exception {
    List<String> passing =
        Stream.of(VectorKernels.class.getDeclaredMethods())
            .filter(KernelNamesTest::passesVectors)
            .map(Method::getName)
            .toList();
    List<String> operations =
        Stream.of(Kernels.class.getDeclaredMethods()).map(Method::getName).toList();
    for (String command : commands("inline")) {
      assertTrue(passing.contains(command.replace("VectorKernels::", "")), command);
    }
    for (String command : commands("dontinline")) {
      String name = command.replace("VectorKernels::", "");
      assertTrue(operations.contains(name) && !passing.contains(name), command);
    }
  }

  private static boolean passesVectors(Method method) {
    return Stream.concat(Stream.of(method.getParameterTypes()), Stream.of(method.getReturnType()))
        .anyMatch(type ->
            Vector.class.isAssignableFrom(type)
                || VectorMask.class.isAssignableFrom(type)
                || VectorShuffle.class.isAssignableFrom(type));
  }

  /// Methods of [VectorKernels] that the launcher names: `VectorKernels::exp`.
  private static List<String> commands(String command) throws IOException, InterruptedException {
    Process bash =
        new ProcessBuilder(
                "/bin/bash",
                "-c",
                ". '" + LAUNCHER + "'; set_options perplexity; printf '%s\\n' \"${options[@]}\"")
            .redirectErrorStream(true)
            .start();
    String options = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, bash.waitFor(), options);
    List<String> names =
        Pattern.compile("CompileCommand=" + command + ",dev\\.zonda\\.verify\\.kernels\\.(\\S+)")
            .matcher(options)
            .results()
            .map(match -> match.group(1))
            .toList();
    assertFalse(names.isEmpty(), options);
    return names;
  }
}
