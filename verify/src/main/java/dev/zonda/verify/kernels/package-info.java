/// The arithmetic of the forward pass. Start at [Kernels].
///
/// Activations are stored as strips: `[tokens / lanes][feature][lane]`, so that every operation is
/// vertical, a lane is one token, and lanes never mix. The order of every sum is part of the
/// definition and the same for every vector width, number of threads and split into batches; so are
/// the bits of the result. Vector code lives only here.
package dev.zonda.verify.kernels;
