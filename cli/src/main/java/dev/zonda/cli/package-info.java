/// The zonda command: one class per subcommand, each parses, plans, executes, renders.
package dev.zonda.cli;
