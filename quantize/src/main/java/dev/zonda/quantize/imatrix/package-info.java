/// Importance matrices: how much each column of each tensor matters, measured by llama-imatrix.
///
/// [ImportanceMatrix] is the entry point; the two file formats have a reader each.
package dev.zonda.quantize.imatrix;
