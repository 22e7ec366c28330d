/// PyTorch's own files (`.bin`, `.pt`, `.pth`): their zip form and the legacy form before it. The
/// pickle in them is read by a machine that can build tensors and nothing else. Start at
/// [TorchFile].
package dev.zonda.formats.torch;
