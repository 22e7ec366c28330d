/// The parts of a command line: groups of options that commands mix in (`…Options`, `…Option`), and
/// the values that they are read as. Start at [Converters]. Knows no command.
///
/// An option that several commands share is declared here once, with its name, its description and
/// what contradicts it; one that a single command has stays with that command. A new kind of value
/// is a type with a `parse` and a line in [Converters].
package dev.zonda.cli.options;
