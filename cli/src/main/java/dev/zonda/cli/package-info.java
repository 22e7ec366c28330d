/// The zonda command: one class per subcommand, each parses, plans, executes, renders.
///
/// Start at [Main]; [ZondaCommand] shows how a command is written. [Failure] alone decides what an
/// exception means to the user, [dev.zonda.cli.render.Console] alone writes to streams. Nothing
/// here computes: that is the other modules' work.
///
/// Here are the commands and what runs them. The options that they share are in
/// [dev.zonda.cli.options], what they say of their results is in [dev.zonda.cli.reports], how that
/// looks is in [dev.zonda.cli.render]. None of these knows a command; reports know options, never
/// the other way round.
package dev.zonda.cli;
