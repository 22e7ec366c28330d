/// The zonda command: one class per subcommand, each parses, plans, executes, renders.
///
/// Start at [Main]; [ZondaCommand] shows how a command is written. [Failure] alone decides what an
/// exception means to the user, [dev.zonda.cli.render.Console] alone writes to streams. Nothing
/// here computes: that is the other modules' work.
package dev.zonda.cli;
