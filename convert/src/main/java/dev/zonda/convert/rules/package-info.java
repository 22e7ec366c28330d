/// The words in which a family is described, and what carries them out: which tensors there are and
/// what becomes of them ([TensorRule]), which keys are written ([MetadataRule]), how positions are
/// told ([RopeRule]). Start at [Family].
package dev.zonda.convert.rules;
