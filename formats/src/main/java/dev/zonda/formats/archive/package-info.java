/// Checkpoint folders inside tar and zip archives, read where they lie. Start at [ArchiveFolder].
package dev.zonda.formats.archive;
