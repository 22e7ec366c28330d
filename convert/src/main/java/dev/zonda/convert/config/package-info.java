/// What a checkpoint's JSON files say, read with types and bounds checked, and what the conversion
/// has to say about it.
package dev.zonda.convert.config;
