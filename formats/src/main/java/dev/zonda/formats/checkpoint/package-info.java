/// Checkpoints as they are published: a folder with its configuration and weights in one or many
/// files, in an archive or not, or any single file. Start at [CheckpointFolder], or at
/// [Checkpoints] for weights of whatever kind.
///
/// The roof of this module: it knows all formats, and none of them knows it.
package dev.zonda.formats.checkpoint;
