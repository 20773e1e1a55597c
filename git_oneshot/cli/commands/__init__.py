"""The commands, each in the module of its name, or of the command that it is beside."""
