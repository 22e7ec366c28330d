package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.MethodRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The plan that `--dry-run` shows is the one that runs, because the program makes it in one place.
class OneEvaluationPlanTest {
  private static final Path HOME = TestData.path("models").getParent().getParent();

  /// Whoever else calls it, or refers to it, has its name in the compiled class.
  @ParameterizedTest
  @CsvSource({
    "evaluation/EvaluationPlan, of, dev/zonda/cli/options/EvaluationOptions",
    "evaluation/EvaluationPlan, <init>, dev/zonda/verify/evaluation/EvaluationPlan",
    "evaluation/Batching, of, dev/zonda/verify/evaluation/EvaluationPlan",
    "evaluation/Batching, <init>, dev/zonda/verify/evaluation/Batching",
    "architectures/Architectures, network, dev/zonda/verify/evaluation/Workload",
    "forward/Decoder, of, dev/zonda/verify/evaluation/Evaluator"
  })
  void madeInOnePlace(String type, String method, String caller) throws IOException {
    Set<String> callers = new TreeSet<>();
    for (String module : Set.of("verify", "cli")) {
      Path classes = HOME.resolve(module, "target", "classes");
      try (Stream<Path> files = Files.walk(classes)) {
        for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
          ClassModel model = ClassFile.of().parse(file);
          if (names(model, "dev/zonda/verify/" + type, method)) {
            callers.add(model.thisClass().asInternalName());
          }
        }
      }
    }
    assertEquals(Set.of(caller), callers);
  }

  private static boolean names(ClassModel caller, String type, String method) {
    for (PoolEntry entry : caller.constantPool()) {
      if (entry instanceof MethodRefEntry call
          && call.owner().asInternalName().equals(type)
          && call.name().equalsString(method)) {
        return true;
      }
    }
    return false;
  }
}
