/// Recipe files: everything that a user says about a quantized file, in JSON or YAML.
///
/// [RecipeFile] reads and writes them; [RecipeSettings] is what they say.
package dev.zonda.quantize.recipe;
